import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { EXDATA_CLOCK, ExdataDelivery, ExdataLink, ExdataUploadService } from 'nestjs-exdata';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { ShiftedClock } from '../../life/shifted-clock.js';

const order = z.strictObject({ id: z.string(), bytes: z.number().int() });

/** What the test asks of the host. */
@Controller('desk')
export class DeskController {
  constructor(
    @Inject(ExdataUploadService) private readonly uploads: ExdataUploadService,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(EXDATA_CLOCK) private readonly clock: ShiftedClock,
  ) {}

  /** Submits a document of so many bytes. */
  @Post('documents')
  @HttpCode(204)
  async submit(@Body() body: unknown): Promise<void> {
    const { id, bytes } = order.parse(body);
    await this.uploads.submit({
      source: { type: 'invoice', id },
      file: Buffer.from(`%PDF-1.4 ${id}\n`.padEnd(bytes, 'x')),
      filename: `${id}.pdf`,
    });
  }

  @Get('documents')
  documents(): Promise<ExdataLink[]> {
    return this.database.manager.find(ExdataLink, { order: { createdAt: 'ASC', generation: 'ASC' } });
  }

  @Get('deliveries')
  deliveries(): Promise<ExdataDelivery[]> {
    return this.database.manager.find(ExdataDelivery, { order: { receivedAt: 'ASC' } });
  }

  @Get('bills')
  bills(): Promise<unknown> {
    return this.database.query('select invoice, status from bills');
  }

  @Get('pages')
  pages(): Promise<unknown> {
    return this.database.query('select kind, source from pages');
  }

  @Post('release')
  @HttpCode(204)
  async release(): Promise<void> {
    await this.uploads.releaseHold();
  }

  @Post('skip/:ms')
  @HttpCode(204)
  skip(@Param('ms') ms: string): void {
    this.clock.skip(Number(ms));
  }
}
