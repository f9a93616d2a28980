import { createHash } from 'node:crypto';
import type { Accounts, Caller } from '../accounts/accounts.js';
import type { SandboxClock } from '../clock/clock.js';
import type { UploadForm } from '../http/multipart.js';
import { ApiProblem } from '../http/problem.js';
import type { Reply } from '../http/reply.js';
import type { Readings } from '../readings.js';
import type { DocumentStore } from './document-store.js';
import { presentDocument, type SandboxDocument } from './document.js';
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
  /** Told of a document that was blocked at once. */
  readonly onBlocked: (document: SandboxDocument) => void;
}

/** POST /documents, from a form that was read to its answer. */
export class Uploads {
  private readonly keys = new IdempotencyKeys();

  constructor(private readonly options: UploadsOptions) {}

  /** @throws {ApiProblem} 409, 413, 422, 429 as the contract says; 402 is a reply, since it makes a document */
  accept(caller: Caller, key: string | undefined, form: UploadForm): Reply {
    const { readings, fileTypes } = this.options;
    checkKey(key, readings);
    const intent = checkUpload(form, fileTypes, readings.oversize);
    if (key === undefined) return this.create(caller, intent);
    const scope = readings.idempotencyScope === 'token' ? caller.token : caller.account;
    const claim = this.keys.claim(scope, key, fingerprint(form));
    if ('stored' in claim) {
      return { ...claim.stored, status: claim.stored.status === 201 ? readings.replayStatus : claim.stored.status, replayed: true };
    }
    try {
      const reply = this.create(caller, intent);
      return { ...reply, settle: () => claim.complete(reply) };
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  private create(caller: Caller, intent: UploadIntent): Reply {
    const { accounts, processing, readings } = this.options;
    if (caller.mode === 'test') this.countTestUpload(caller.account);
    else if (!accounts.reserveCredit(caller.account)) return this.refuse(caller, intent);
    const document = this.keep(caller, intent, { status: 'pending', blockedReason: null });
    processing.begin(document, intent.file.bytes);
    return { status: 201, body: { data: presentDocument(document, readings) }, documentId: document.id };
  }

  private countTestUpload(account: string): void {
    const waitMs = this.options.accounts.countTestUpload(account);
    if (waitMs === 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    const message = 'The daily limit of test mode is reached.';
    throw new ApiProblem(429, 'test_mode_limit_exceeded', message, { retry_after: seconds }, { 'Retry-After': String(seconds) });
  }

  /** No credit is left: the document is kept as blocked, and nothing is processed (exdata docs: Credits). */
  private refuse(caller: Caller, intent: UploadIntent): Reply {
    const { readings, onBlocked } = this.options;
    const document = this.keep(caller, intent, { status: 'blocked', blockedReason: 'insufficient_credits' });
    onBlocked(document);
    const envelope = { message: 'There are no credits left.', code: 'insufficient_credits' };
    const data = { data: presentDocument(document, readings) };
    const bodies = { envelope, data, merged: { ...envelope, ...data } };
    return { status: 402, body: bodies[readings.insufficientCredits], documentId: document.id };
  }

  private keep(caller: Caller, intent: UploadIntent, state: Pick<SandboxDocument, 'status' | 'blockedReason'>): SandboxDocument {
    const { store, clock, firstStage } = this.options;
    const { filename, contentType, size, sha256 } = intent.file;
    return store.add({
      account: caller.account,
      mode: caller.mode,
      ...state,
      stage: state.status === 'pending' ? firstStage : state.status,
      error: null,
      file: { filename, contentType, size, sha256 },
      locale: intent.locale,
      requester: intent.requester,
      customTypes: intent.customTypes,
      isEInvoice: null,
      run: { id: store.nextRunId(), ...state, createdAt: clock.now() },
      fields: null,
      patch: {},
    });
  }
}

function checkKey(key: string | undefined, readings: Readings): void {
  if (key === undefined && readings.missingIdempotencyKey === 'accept') return;
  if (key === undefined) throw ApiProblem.validation({ 'Idempotency-Key': ['The Idempotency-Key header is required.'] });
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
