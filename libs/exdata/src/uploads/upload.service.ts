import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Writes } from '../dispatch/index.js';
import { AccountHolds, ExdataAccounts, ExdataNotSubmittedError } from '../documents/index.js';
import type { ExdataLink, ExdataHold, ExdataSource } from '../documents/index.js';
import { Inject } from '../injection/index.js';
import { FileTaking } from './file-taking.js';
import { Resubmission } from './resubmission.js';
import { checkResubmit, submittedOf } from './resubmit-input.js';
import { Submissions } from './submissions.js';
import type { ExdataSubmission } from './submissions.js';
import type { ExdataResubmit, ExdataSubmit } from './upload-input.js';
import { fieldsOf } from './upload-input.js';

/** Takes documents in: once this has answered, the document is sent to exdata once, whatever happens to the process. */
@Injectable()
export class ExdataUploadService {
  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(AccountHolds) private readonly accountHolds: AccountHolds,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(FileTaking) private readonly files: FileTaking,
    @Inject(Submissions) private readonly submissions: Submissions,
    @Inject(Resubmission) private readonly resubmission: Resubmission,
  ) {}
  /**
   * Reads and checks the bytes, spools them unless they are a reference, commits the ledger row with its idempotency
   * key, and only then has it sent. The same source with the same bytes again gives the same row.
   * @throws {ExdataInputError} a field that cannot be sent
   * @throws {ExdataFileError} an empty file, one over the limit, one of a type that is not allowed or that its name
   * belies, one that cannot be read
   * @throws {ExdataSpoolError} the spool could not take the file
   * @throws {ExdataDatabaseError} the database is away
   * @throws {ExdataSourceConflictError} the source was submitted before with other bytes
   */
  async submit(input: ExdataSubmit): Promise<ExdataSubmission> {
    return this.files.watched(input.source, () => {
      const id = randomUUID();
      const needsItsFile = ({ created }: ExdataSubmission): boolean => created;
      return this.files.take(id, input, (taken) => this.submissions.register(id, input, taken), needsItsFile);
    });
  }

  /**
   * Sends the source's document anew, as a new generation under a new key; the generation before keeps its history. The
   * bytes are the stored ones, unless a file is given: exdata has those of a document that it took, so that nothing is
   * stored of it any more. Name and fields are as before unless given.
   * @throws {ExdataInputError} no reason, a source that cannot be one, or a field that cannot be sent
   * @throws {ExdataNotSubmittedError} the source is unknown
   * @throws {ExdataResubmitError} the generation before is still worked on, or its bytes are gone and no file is given
   * @throws {ExdataFileError} the file that is given cannot be sent, or the name belies it
   * @throws {ExdataSpoolError} {@link ExdataDatabaseError} as for {@link submit}
   */
  async resubmit(source: ExdataSource, given: ExdataResubmit): Promise<ExdataLink> {
    return this.files.watched(source, () => this.#resubmit(source, given));
  }

  /** The accounts on hold, each with the reason and what is to be done. */
  holds(): Promise<ExdataHold[]> {
    return this.accountHolds.list();
  }

  /**
   * Ends the hold of an account, once it is topped up or its token is mended: what the hold kept back is sent, what
   * exdata had blocked for want of credits under a new key (exdata docs: Credits). Ends a wait that exdata asked for
   * too, so that a person need not sit out one that cannot be meant. Resolves to false when the account neither was on
   * hold nor had to wait.
   */
  async releaseHold(account?: string): Promise<boolean> {
    const { name } = this.accounts.get(account);
    return this.writes.run((write) => this.accountHolds.releaseByHand(write, name));
  }

  async #resubmit(source: ExdataSource, given: ExdataResubmit): Promise<ExdataLink> {
    checkResubmit(source, given);
    const { reason, file, filename } = given;
    const latest = await this.submissions.latest(source);
    if (!latest) throw new ExdataNotSubmittedError(source, 'it was never submitted');
    const id = randomUUID();
    const fields = fieldsOf(given);
    if (file !== undefined) {
      const input = { ...submittedOf(given), source, file };
      return this.files.take(id, input, (taken) => this.resubmission.make(latest, { id, reason, fields, taken }));
    }
    const renamed = filename === undefined ? {} : { filename: this.files.rename(latest, filename) };
    return this.resubmission.make(latest, { id, reason, fields: { ...fields, ...renamed } });
  }
}
