import { HttpStatus, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Inject } from '../injection/index.js';
import { decideAnswer, decideError } from './answers/own-answers.js';
import { DeliveryStore } from './delivery.store.js';
import { InboxUnavailableError } from './inbox-errors.js';
import { ExdataInboxUnavailableException } from './inbox-unavailable.exception.js';
import type { StoreResult } from './inbox/index.js';
import { exchangeOf } from './verified-delivery.js';
import type { ExdataVerifiedDelivery } from './verified-delivery.js';

/** Takes what the guard verified, and settles what its sender is answered. */
@Injectable()
export class DeliveryReception {
  constructor(
    @Inject(DeliveryStore) private readonly store: DeliveryStore,
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
  ) {}

  /**
   * Resolves once the delivery's row is committed; all else is done after the answer.
   * @throws {ExdataInboxUnavailableException} when it cannot be stored
   */
  async receive(delivery: ExdataVerifiedDelivery): Promise<StoreResult> {
    const exchange = exchangeOf(delivery);
    try {
      const result = await this.store.store(delivery);
      if (exchange) decideAnswer(exchange.request, HttpStatus.NO_CONTENT);
      return result;
    } catch (error) {
      const answer = error instanceof InboxUnavailableError ? this.#comeAgain(error, exchange?.response) : error;
      if (exchange) decideError(exchange.request, answer);
      throw answer;
    }
  }

  #comeAgain(error: InboxUnavailableError, response: object | undefined): ExdataInboxUnavailableException {
    if (response) {
      const { httpAdapter } = this.http;
      httpAdapter.setHeader(response, 'Retry-After', String(Math.ceil(error.retryAfterMs / 1000)));
      // A server ends only when its connections have: a sender that goes on over the one it has would keep it.
      if (error.reason === 'stopping') httpAdapter.setHeader(response, 'Connection', 'close');
    }
    return new ExdataInboxUnavailableException(error);
  }
}
