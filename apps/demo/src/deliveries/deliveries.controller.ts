import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { ExdataRedriveReport } from 'nestjs-exdata';
import { DeliveriesService } from './deliveries.service.js';
import { parseDeliveriesQuery, parseDiscard, parseRedrive } from './delivery-requests.js';
import type { DeliveryView } from './present-delivery.js';

/** What exdata delivered, what became of it, and what a person does about what was given up. */
@Controller('deliveries')
export class DeliveriesController {
  constructor(private readonly service: DeliveriesService) {}

  @Get()
  list(@Query() query: unknown): Promise<{ data: DeliveryView[]; next: string | null }> {
    return this.service.list(parseDeliveriesQuery(query));
  }

  @Post('redrive')
  @HttpCode(200)
  redrive(@Body() body: unknown): Promise<ExdataRedriveReport> {
    return this.service.redrive(parseRedrive(body));
  }

  @Post(':id/replay')
  @HttpCode(202)
  async replay(@Param('id') id: string): Promise<{ id: string }> {
    await this.service.replay(id);
    return { id };
  }

  @Post(':id/discard')
  @HttpCode(200)
  async discard(@Param('id') id: string, @Body() body: unknown): Promise<{ id: string }> {
    await this.service.discard(id, parseDiscard(body).why);
    return { id };
  }
}
