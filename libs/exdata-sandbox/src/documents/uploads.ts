import { createHash } from 'node:crypto';
import type { Accounts, Caller } from '../accounts/accounts.js';
import type { SandboxClock } from '../clock/clock.js';
import type { UploadForm } from '../http/multipart.js';
import { ApiProblem } from '../http/problem.js';
import type { Reply } from '../http/reply.js';
import { tooMany } from '../http/too-many.js';
import type { Readings } from '../readings.js';
import { Script, type Scripted } from '../script.js';
import type { DocumentStore } from './document-store.js';
import { presentDocument, type Patch, type SandboxDocument } from './document.js';
import { IdempotencyKeys } from './idempotency.js';
import type { Processing } from './processing.js';
import { checkUpload, type UploadIntent } from './upload-rules.js';

interface UploadsOptions {
  readonly accounts: Accounts;
  readonly clock: SandboxClock;
  readonly store: DocumentStore;
  readonly processing: Processing;
  readonly readings: Readings;
  readonly fileTypes: readonly string[];
  readonly firstStage: string | null;
  /** Told of each document as it is answered: pending, or blocked at once. */
  readonly onAccepted: (document: SandboxDocument) => void;
}

/** POST /documents, from a form that was read to its answer. */
export class Uploads {
  private readonly keys: IdempotencyKeys;
  private readonly patches = new Script<SandboxDocument, Patch>();

  constructor(private readonly options: UploadsOptions) {
    this.keys = new IdempotencyKeys(options.clock, options.readings);
  }

  /** Lays down what is laid over the JSON of the next documents that match. @returns takes it back */
  script(entry: Scripted<SandboxDocument, Patch>): () => void {
    return this.patches.add(entry);
  }

  /** Forgets what was laid down. */
  clearScript(): void {
    this.patches.clear();
  }

  /** @throws {ApiProblem} 409, 413, 422, 429 as the contract says; 402 is a reply, since it makes a document */
  accept(caller: Caller, key: string | undefined, form: UploadForm): Reply {
    const { readings, fileTypes } = this.options;
    checkKey(key, readings);
    const intent = checkUpload(form, fileTypes, readings.oversize);
    if (key === undefined) return this.create(caller, intent, null);
    const scope = readings.idempotencyScope === 'token' ? caller.token : caller.account;
    const claim = this.keys.claim(scope, key, fingerprint(form));
    if ('stored' in claim) {
      return {
        ...claim.stored,
        status: claim.stored.status === 201 ? readings.replayStatus : claim.stored.status,
        replayed: true,
      };
    }
    try {
      const reply = this.create(caller, intent, key);
      return { ...reply, settle: () => claim.complete(reply) };
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  private create(caller: Caller, intent: UploadIntent, key: string | null): Reply {
    const { accounts, processing, readings, onAccepted } = this.options;
    if (caller.mode === 'test') this.countTestUpload(caller.account);
    else if (!accounts.reserveCredit(caller.account)) return this.refuse(caller, intent, key);
    const document = this.keep(caller, intent, key, { status: 'pending', blockedReason: null });
    processing.begin(document, intent.file.bytes);
    onAccepted(document);
    return { status: 201, body: { data: presentDocument(document, readings) }, documentId: document.id };
  }

  private countTestUpload(account: string): void {
    const { accounts, clock, readings } = this.options;
    const waitMs = accounts.countTestUpload(account);
    if (waitMs === 0) return;
    throw tooMany(
      'test_mode_limit_exceeded',
      'The daily limit of test mode is reached.',
      waitMs,
      clock.now(),
      readings,
    );
  }

  /** No credit is left: the document is kept as blocked, and nothing is processed (exdata docs: Credits). */
  private refuse(caller: Caller, intent: UploadIntent, key: string | null): Reply {
    const { readings, onAccepted } = this.options;
    const document = this.keep(caller, intent, key, { status: 'blocked', blockedReason: 'insufficient_credits' });
    onAccepted(document);
    const envelope = { message: 'There are no credits left.', code: 'insufficient_credits' };
    const data = { data: presentDocument(document, readings) };
    const bodies = { envelope, data, merged: { ...envelope, ...data }, created: data };
    const reading = readings.insufficientCredits;
    return { status: reading === 'created' ? 201 : 402, body: bodies[reading], documentId: document.id };
  }

  private keep(
    caller: Caller,
    intent: UploadIntent,
    idempotencyKey: string | null,
    state: Pick<SandboxDocument, 'status' | 'blockedReason'>,
  ): SandboxDocument {
    const { store, clock, firstStage } = this.options;
    const { filename, contentType, size, sha256 } = intent.file;
    const document = store.add({
      account: caller.account,
      mode: caller.mode,
      ...state,
      stage: state.status === 'pending' ? firstStage : state.status,
      error: null,
      file: { filename, contentType, size, sha256 },
      locale: intent.locale,
      requester: intent.requester,
      customTypes: intent.customTypes,
      idempotencyKey,
      isEInvoice: null,
      run: { id: store.nextRunId(), ...state, createdAt: clock.now() },
      fields: null,
      patch: {},
    });
    const patch = this.patches.take(document);
    return patch === undefined ? document : store.update(document.id, { patch });
  }
}

function checkKey(key: string | undefined, readings: Readings): void {
  if (key === undefined && readings.missingIdempotencyKey === 'accept') return;
  if (key === undefined)
    throw ApiProblem.validation({ 'Idempotency-Key': ['The Idempotency-Key header is required.'] });
  if (key.length === 0 || key.length > 255) {
    throw ApiProblem.validation({ 'Idempotency-Key': ['The Idempotency-Key header must have 1 to 255 characters.'] });
  }
}

/** Same fields in the same order, same file name, same bytes: the same payload. */
function fingerprint({ fields, file }: UploadForm): string {
  const names = Object.keys(fields).sort();
  const payload = [names.map((name) => [name, fields[name]]), file?.filename, file?.contentType, file?.sha256];
  return createHash('sha256').update(JSON.stringify(payload)).digest('hex');
}
