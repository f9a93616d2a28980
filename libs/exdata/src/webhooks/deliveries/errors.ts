import { ExdataError } from '../../api/index.js';

/** There is no delivery, and no run of a handler, with this id. */
export class ExdataDeliveryNotFoundError extends ExdataError {
  constructor(id: string) {
    super(`there is no delivery and no run of a handler with the id ${id}; it is the id of the row, not X-Delivery`, {
      code: 'delivery_not_found',
      retryable: false,
    });
  }
}

/** What was asked for cannot be done with the delivery, the run or the document as it stands; nothing was changed. */
export class ExdataDeliveryStateError extends ExdataError {
  constructor(code: 'not_open' | 'body_gone' | 'still_open', message: string) {
    super(message, { code, retryable: code === 'still_open' });
  }
}
