import { nothingOf } from './answer-data.js';
import { CallRunner } from './call-runner.js';
import type { ExdataCallOptions, ExdataResult } from './calls.js';
import { ExdataDocumentsApi } from './documents-api.js';
import { downloadOf } from './download.js';
import type { ExdataDownload } from './download.js';
import { getPreview, ping } from './operations.js';
import { resourceId } from './resource-id.js';
import { settingsOf } from './settings.js';
import type { ExdataApiOptions, Settings } from './settings.js';
import { tokenPrint } from './token-print.js';
import { Transport } from './transport.js';

/**
 * exdata's HTTP API for an account; the anonymous x402 pair is left out. Needs nothing of Nest. A call repeats what may
 * pass, within its time; each failure is an {@link ExdataError} that tells of each attempt, whether to send it again,
 * and whether the document may have been created. A call that its caller aborts is rejected with the signal's reason.
 */
export class ExdataApi {
  readonly documents: ExdataDocumentsApi;
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #runner: CallRunner;

  /** @throws {ExdataConfigurationError} when the options cannot work, naming each field at fault */
  constructor(options: ExdataApiOptions) {
    this.#settings = settingsOf(options);
    this.#transport = new Transport(this.#settings, options.dispatcher);
    this.#runner = new CallRunner(this.#settings, this.#transport);
    this.documents = new ExdataDocumentsApi(this.#runner, this.#settings);
  }

  /**
   * Whether exdata answers and takes the token (exdata docs: GET /ping). Judged by the status alone: the body is not
   * documented.
   * @throws {ExdataAuthenticationError} when it does not take the token; {@link ExdataError} for the rest
   */
  async ping(call: ExdataCallOptions = {}): Promise<ExdataResult<void>> {
    const { basePath, timeoutMs } = this.#settings;
    return this.#runner.run({
      operation: ping,
      target: `${basePath}/ping`,
      options: call,
      defaultTimeoutMs: timeoutMs,
      read: nothingOf,
    });
  }

  /**
   * A preview of a document, as a stream (exdata docs: GET /previews/{preview}).
   * @param id of the preview, as `documents.previews` gives it
   * @throws {ExdataNotFoundError} also when it was purged; {@link ExdataError} for the rest
   */
  async preview(id: string, call: ExdataCallOptions = {}): Promise<ExdataResult<ExdataDownload>> {
    const { basePath, timeoutMs } = this.#settings;
    const target = `${basePath}/previews/${resourceId(id)}`;
    return this.#runner.run({
      operation: getPreview,
      target,
      options: call,
      defaultTimeoutMs: timeoutMs,
      read: downloadOf,
    });
  }

  /**
   * Tells the token as it is now from others, without showing it: the same under the same `key` for the same token, 32
   * hex digits of an HMAC-SHA256.
   * @param anew asks the source past whatever is kept of it
   * @throws what the token's source throws
   */
  async tokenPrint(key: string, { anew = false }: { readonly anew?: boolean } = {}): Promise<string> {
    return tokenPrint(await (anew ? this.#settings.renewToken() : this.#settings.token()), key);
  }

  /**
   * Ends the connections once the calls under way have ended. A dispatcher that was given stays open. Calling it twice
   * is harmless.
   */
  close(): Promise<void> {
    return this.#transport.close();
  }
}
