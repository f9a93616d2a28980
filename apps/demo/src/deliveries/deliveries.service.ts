import { Injectable } from '@nestjs/common';
import {
  ExdataDeliveryService,
  ExdataDeliveryNotFoundError,
  ExdataDeliveryStateError,
  ExdataInputError,
} from 'nestjs-exdata';
import type { ExdataRedriveReport } from 'nestjs-exdata';
import { ApiError } from '../http/api-error.js';
import type { DeliveriesQuery, RedriveBody } from './delivery-requests.js';
import { type DeliveryView, presentDelivery } from './present-delivery.js';

/** What was given up and needs a person. */
export interface GivenUp {
  readonly deliveries: readonly DeliveryView[];
  /** Runs of handlers. */
  readonly handlerRuns: readonly string[];
}

const longestShown = 50;

/** The inbox, for whoever is on duty. */
@Injectable()
export class DeliveriesService {
  constructor(private readonly inbox: ExdataDeliveryService) {}

  async list(query: DeliveriesQuery): Promise<{ data: DeliveryView[]; next: string | null }> {
    const { outcome, reason, documentId, after, limit } = query;
    const { data, next } = await answered(() =>
      this.inbox.list({
        limit,
        ...(outcome !== undefined && { outcome }),
        ...(reason !== undefined && { reason }),
        ...(documentId !== undefined && { documentId }),
        ...(after !== undefined && { after }),
      }),
    );
    return { data: data.map(presentDelivery), next };
  }

  async givenUp(): Promise<GivenUp> {
    const { data } = await this.inbox.list({ outcome: 'dead', limit: longestShown });
    const { handlerRuns } = await this.inbox.redrive({ dryRun: true, limit: longestShown });
    return { deliveries: data.map(presentDelivery), handlerRuns };
  }

  /** @throws {ApiError} 404, 409 */
  replay(id: string): Promise<void> {
    return answered(() => this.inbox.replay(id));
  }

  /** @throws {ApiError} 404, 409 */
  discard(id: string, why: string): Promise<void> {
    return answered(() => this.inbox.discard(id, why));
  }

  redrive({ reason, dryRun }: RedriveBody): Promise<ExdataRedriveReport> {
    return answered(() => this.inbox.redrive({ dryRun, ...(reason !== undefined && { reason }) }));
  }
}

async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExdataDeliveryNotFoundError) throw ApiError.notFound('delivery');
    if (error instanceof ExdataDeliveryStateError)
      throw new ApiError(409, { code: error.code, message: error.message });
    if (error instanceof ExdataInputError)
      throw new ApiError(400, { code: 'invalid_query', field: error.field, message: error.message });
    throw error;
  }
}
