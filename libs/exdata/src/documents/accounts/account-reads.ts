import { Injectable } from '@nestjs/common';
import type { ExdataCallOptions, ExdataDocumentData, ExdataExtraction, ExdataResult } from '../../api/index.js';
import type { LifeIds } from '../../telemetry/index.js';
import { AccountGate } from './account-gate.js';
import type { ExdataAccountState } from './account.entity.js';
import { ExdataAccounts } from './exdata-accounts.js';
import { ExdataWatch } from './exdata-watch.js';
import type { Reader } from './read-refusals.js';
import { ReadRefusals } from './read-refusals.js';
import { Inject } from '../../injection/index.js';

/**
 * Reads from exdata on behalf of rows: waits where the account has to wait, and tells the account's row what exdata
 * said.
 */
@Injectable()
export class AccountReads {
  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(AccountGate) private readonly gate: AccountGate,
    @Inject(ReadRefusals) private readonly refusals: ReadRefusals,
    @Inject(ExdataWatch) private readonly watch: ExdataWatch,
  ) {}

  /**
   * exdata docs: GET /documents/{document}.
   * @throws {NotYetError} while the account has to wait; {@link ExdataError} for the rest
   */
  document(reader: Reader, id: string, call: ExdataCallOptions): Promise<ExdataResult<ExdataDocumentData>> {
    return this.#read(reader, (api) => api.documents.get(id, { ...call, attempts: 1 }));
  }

  /**
   * exdata docs: GET /documents/{document}/extractions. `seen` is how the account was just seen to stand.
   * @throws {NotYetError} while the account has to wait; {@link ExdataError} for the rest
   */
  extraction(
    reader: Reader,
    id: string,
    { seen, ...call }: ExdataCallOptions & { readonly seen: ExdataAccountState | null },
  ): Promise<ExdataResult<ExdataExtraction>> {
    return this.#read(reader, (api) => api.documents.extractions(id, { ...call, attempts: 1 }), seen);
  }

  async #read<T>(
    reader: Reader,
    read: (api: ReturnType<ExdataAccounts['get']>['api']) => Promise<T>,
    seen?: ExdataAccountState | null,
  ): Promise<T> {
    const gate = await this.gate.forReading(reader.account, seen);
    if (gate.state === 'held') throw this.refusals.whileHeld(gate.since, gate.reason);
    if (gate.state === 'left') throw this.refusals.left(gate.code);
    if (gate.state === 'limited') throw this.refusals.notBefore(gate.until, gate.code);
    try {
      const result = await read(this.accounts.get(reader.account).api);
      this.watch.answered(reader.account);
      return result;
    } catch (error) {
      this.watch.failed(reader.account, error, idsOf(reader));
      await this.refusals.write(reader, error);
      throw error;
    }
  }
}

function idsOf({ sourceType, sourceId, exdataId }: Reader): LifeIds {
  return { sourceType, sourceId, documentId: exdataId };
}
