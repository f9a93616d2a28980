import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { HoldsService, type HoldView } from './holds.service.js';

/** The accounts at exdata: which are on hold, and how a person ends that. */
@Controller('accounts')
export class AccountsController {
  constructor(private readonly service: HoldsService) {}

  @Get('holds')
  async holds(): Promise<{ data: HoldView[] }> {
    return { data: await this.service.list() };
  }

  /** Answers whether there was a hold to end. */
  @Post(':account/release')
  @HttpCode(200)
  async release(@Param('account') account: string): Promise<{ released: boolean }> {
    return { released: await this.service.release(account) };
  }
}
