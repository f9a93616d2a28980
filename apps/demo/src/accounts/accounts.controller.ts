import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ExdataInputError, ExdataUploadService } from 'nestjs-exdata';
import { ApiError } from '../http/api-error.js';

/** The accounts at exdata: which are on hold, and how a person ends that. */
@Controller('accounts')
export class AccountsController {
  constructor(private readonly uploads: ExdataUploadService) {}

  @Get('holds')
  async holds(): Promise<{ data: object[] }> {
    const holds = await this.uploads.holds();
    return { data: holds.map(({ since, ...hold }) => ({ ...hold, since: new Date(since).toISOString() })) };
  }

  /** Answers whether there was a hold to end. */
  @Post(':account/release')
  @HttpCode(200)
  async release(@Param('account') account: string): Promise<{ released: boolean }> {
    try {
      return { released: await this.uploads.releaseHold(account) };
    } catch (error) {
      if (error instanceof ExdataInputError) throw ApiError.notFound('account');
      throw error;
    }
  }
}
