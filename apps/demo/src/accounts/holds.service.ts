import { Injectable } from '@nestjs/common';
import { type ExdataHold, ExdataInputError, ExdataUploadService } from 'nestjs-exdata';
import { ApiError } from '../http/api-error.js';

/** A hold as it is shown; `since` in ISO 8601. */
export type HoldView = Omit<ExdataHold, 'since'> & { readonly since: string };

/** The accounts at exdata for which nothing is sent until a person has acted. */
@Injectable()
export class HoldsService {
  constructor(private readonly uploads: ExdataUploadService) {}

  async list(): Promise<HoldView[]> {
    const holds = await this.uploads.holds();
    return holds.map((hold) => ({ ...hold, since: new Date(hold.since).toISOString() }));
  }

  /** @returns whether there was a hold to end @throws {ApiError} 404 */
  async release(account: string): Promise<boolean> {
    try {
      return await this.uploads.releaseHold(account);
    } catch (error) {
      if (error instanceof ExdataInputError) throw ApiError.notFound('account');
      throw error;
    }
  }
}
