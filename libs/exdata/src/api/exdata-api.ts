import type { CallOptions, ExdataResult } from './calls.js';
import { ExdataDocumentsApi } from './documents-api.js';
import { ping } from './operations.js';
import { settingsOf } from './settings.js';
import type { ExdataApiOptions, Settings } from './settings.js';
import { Transport } from './transport.js';

/**
 * exdata's HTTP API. Needs nothing of Nest. Each call makes one attempt; each failure is an {@link ExdataError} that says whether it may be repeated and
 * whether the document may have been created. A call that its caller aborts is rejected with the signal's reason.
 */
export class ExdataApi {
  readonly documents: ExdataDocumentsApi;
  readonly #settings: Settings;
  readonly #transport: Transport;

  /** @throws {ExdataConfigurationError} when the options cannot work, naming each field at fault */
  constructor(options: ExdataApiOptions) {
    this.#settings = settingsOf(options);
    this.#transport = new Transport(this.#settings, options.dispatcher);
    this.documents = new ExdataDocumentsApi(this.#transport, this.#settings);
  }

  /**
   * Whether exdata answers and takes the token (exdata docs: GET /ping). Judged by the status alone: the body is not documented.
   * @throws {ExdataAuthenticationError} when it does not take the token; {@link ExdataError} for the rest
   */
  async ping(call: CallOptions = {}): Promise<ExdataResult<void>> {
    const { status, requestId } = await this.#transport.send({
      operation: ping,
      path: ['ping'],
      options: call,
      defaultTimeoutMs: this.#settings.timeoutMs,
    });
    return { data: undefined, status, requestId };
  }

  /** Ends the connections once the calls under way have ended. A dispatcher that was given stays open. Calling it twice is harmless. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}
