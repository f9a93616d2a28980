import type { CallOptions, ExdataDocumentData, ExdataError, ExdataExtraction, ExdataResult } from '../../api/index.js';
import { ExdataAuthenticationError, ExdataRateLimitError } from '../../api/index.js';
import type { Clock, ExdataTransactions, JobRef, WorkService } from '../../dispatch/index.js';
import { NotYetError } from '../../dispatch/index.js';
import type { ExdataDocument } from '../document.entity.js';
import type { AccountGate, Sighting } from './account-gate.js';
import type { ExdataAccounts } from './exdata-accounts.js';

/** When a reader looks again whether a hold has ended, in milliseconds: its row waits for nothing but that. */
const holdLookMs = 60_000;
/** When a reader looks again whether a person has lifted a limit that lasts longer, in milliseconds. */
const limitLookMs = 300_000;
/** How long to wait where exdata names no time, in milliseconds. */
export const rateLimitMs = 30_000;

/** What a read is about, for the alert that it may lead to. */
export type Reader = Pick<ExdataDocument, 'account'> & Partial<Pick<ExdataDocument, 'sourceType' | 'sourceId' | 'exdataId'>>;

/** Reads from exdata on behalf of rows: waits where the account has to wait, and tells the account's row what exdata said. */
export class AccountReads {
  constructor(
    private readonly accounts: ExdataAccounts,
    private readonly gate: AccountGate,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
  ) {}

  /**
   * exdata docs: GET /documents/{document}.
   * @throws {NotYetError} while the account has to wait; {@link ExdataError} for the rest
   */
  document(reader: Reader, id: string, call: CallOptions): Promise<ExdataResult<ExdataDocumentData>> {
    return this.#read(reader, (api) => api.documents.get(id, { ...call, attempts: 1 }));
  }

  /**
   * exdata docs: GET /documents/{document}/extractions.
   * @throws {NotYetError} while the account has to wait; {@link ExdataError} for the rest
   */
  extraction(reader: Reader, id: string, call: CallOptions): Promise<ExdataResult<ExdataExtraction>> {
    return this.#read(reader, (api) => api.documents.extractions(id, { ...call, attempts: 1 }));
  }

  async #read<T>(reader: Reader, read: (api: ReturnType<ExdataAccounts['get']>['api']) => Promise<T>): Promise<T> {
    const gate = await this.gate.forReading(reader.account);
    if (gate.state === 'held') throw new NotYetError(this.clock.now() + holdLookMs, gate.reason);
    if (gate.state === 'limited') throw this.#notBefore(gate.until, gate.code);
    try {
      return await read(this.accounts.get(reader.account).api);
    } catch (error) {
      if (error instanceof ExdataRateLimitError) await this.#wait(reader, error);
      if (error instanceof ExdataAuthenticationError) await this.#hold(reader, error);
      throw error;
    }
  }

  async #wait(reader: Reader, error: ExdataRateLimitError): Promise<never> {
    const until = this.clock.now() + (error.retryAfterMs ?? rateLimitMs);
    // Whatever its code, a limit on reading is the rate limit: the daily one of test mode is on uploads.
    await this.#tell((manager) => this.gate.limit(manager, until, { ...sightingOf(reader, error), code: 'rate_limited' }));
    throw this.#notBefore(until, error.code);
  }

  #notBefore(until: number, code: string): NotYetError {
    return new NotYetError(Math.min(until, this.clock.now() + limitLookMs), code);
  }

  async #hold(reader: Reader, error: ExdataAuthenticationError): Promise<never> {
    await this.#tell(async (manager) => (await this.gate.hold(manager, 'authentication_failed', sightingOf(reader, error))).wake);
    throw new NotYetError(this.clock.now() + holdLookMs, error.code);
  }

  async #tell(write: (manager: Parameters<AccountGate['hold']>[0]) => Promise<JobRef[]>): Promise<void> {
    await this.work.dispatchAll(await this.transactions.run(write));
  }
}

function sightingOf(document: Reader, error: ExdataError): Sighting {
  return { document, code: error.code, requestId: error.requestId ?? null };
}
