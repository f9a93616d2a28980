import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext, HttpException } from '@nestjs/common';
import { EXDATA_CLOCK } from '../dispatch/index.js';
import type { ExdataClock } from '../dispatch/index.js';
import { Inject } from '../injection/index.js';
import { decideError } from './answers/own-answers.js';
import { decoded, encodingOf, isDecodable } from './body-encoding.js';
import { bodyIsVerified, forgetBody } from './bodies/held-bodies.js';
import { missingRawBody } from './bodies/raw-body.js';
import type { DoubtfulDelivery } from './doubts/signature-doubts.js';
import { answerOfHook } from './refused-hook.js';
import { SecretKeeper } from './secret-keeper.js';
import type { ExdataWebhookSecret } from '../config/index.js';
import { isSignature, signerOf } from './signature.js';
import { StaleDeliveries } from './stale-deliveries.js';
import { placeInWindow, sentAtOf } from './timestamp.js';
import type { ExdataVerifiedDelivery } from './verified-delivery.js';
import { attachDelivery } from './verified-delivery.js';
import { ExdataWebhookRefusal } from './webhook-refusal.js';
import { WebhookRefusals } from './webhook-refusals.js';
import { EXDATA_WEBHOOK_SETTINGS } from './webhook-settings.js';
import type { ExdataWebhookSettings } from './webhook-settings.js';

/** What the guard needs of a request of Express or Fastify. */
export interface ExdataWebhookRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params?: unknown;
  /**
   * The bytes as they came: set by the webhook's own reader, or by Nest when the application is created with
   * `rawBody: true`.
   */
  readonly rawBody?: Buffer | undefined;
}

/** A signature that does not fit, with what it takes to find out why. */
class UnfitSignature extends ExdataWebhookRefusal {
  constructor(
    account: string,
    readonly doubt: () => DoubtfulDelivery,
  ) {
    super('signature', account);
  }
}

/**
 * Lets a request pass if exdata signed it: X-Signature over the raw bytes, then X-Timestamp within the window (exdata
 * docs: Webhooks). Nothing is parsed before. To the outside every refusal of a signature is a bare 401; why stands in
 * the log, sampled. The protected methods are there to be overridden in a class of your own, which `webhookGuard` puts
 * in this one's place.
 */
@Injectable()
export class ExdataWebhookGuard implements CanActivate {
  constructor(
    @Inject(EXDATA_WEBHOOK_SETTINGS) protected readonly settings: ExdataWebhookSettings,
    @Inject(SecretKeeper) protected readonly keeper: SecretKeeper,
    @Inject(WebhookRefusals) protected readonly refusals: WebhookRefusals,
    @Inject(StaleDeliveries) protected readonly stale: StaleDeliveries,
    @Inject(EXDATA_CLOCK) protected readonly clock: ExdataClock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ExdataWebhookRequest & object>();
    try {
      attachDelivery({ request, response: http.getResponse<object>() }, await this.#verify(request));
      bodyIsVerified(request);
      return true;
    } catch (error) {
      forgetBody(request);
      const answer = error instanceof ExdataWebhookRefusal ? await this.#answerTo(error, context) : error;
      decideError(request, answer);
      if (error instanceof ExdataWebhookRefusal)
        this.refusals.note(error, error instanceof UnfitSignature ? error.doubt : undefined);
      throw answer;
    }
  }

  /** The name of the account that the request is for, as its path says. */
  protected accountOf({ params }: ExdataWebhookRequest): string {
    const named = typeof params === 'object' && params !== null && 'account' in params ? params.account : undefined;
    return typeof named === 'string' ? named : this.settings.defaultAccount;
  }

  /** The bytes as they came. */
  protected bodyOf(request: ExdataWebhookRequest): Buffer {
    if (Buffer.isBuffer(request.rawBody)) return request.rawBody;
    // Node.js gives an empty body no raw bytes; that is no fault of the host's, and no signature fits it.
    if (
      request.headers['content-length'] === '0' ||
      (!request.headers['content-length'] && !request.headers['transfer-encoding'])
    )
      return Buffer.alloc(0);
    throw new ExdataWebhookRefusal(
      'no_raw_body',
      undefined,
      `a parser took the body before the webhook could read it: ${missingRawBody}`,
    );
  }

  /** One header; '' where it is absent or was sent more than once. */
  protected headerOf(request: ExdataWebhookRequest, name: string): string {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  }

  /**
   * The secrets that are accepted for the account now. With `missed`, after a signature fitted none of those given
   * before.
   */
  protected secretsOf(
    account: string,
    missed: boolean,
  ): readonly ExdataWebhookSecret[] | Promise<readonly ExdataWebhookSecret[]> {
    return missed ? this.keeper.afterMiss(account) : this.keeper.of(account);
  }

  /**
   * Yours to define: called for each refusal of this guard before it is answered, the place to count senders with your
   * throttler. An HttpException that it throws is answered instead; any other error is counted, and so is a promise
   * that takes longer than 2 s: the sender is answered without it. It is not called where no guard is asked: for a body
   * that is too large (413) or too slow (408) as it comes or finds no room (503), and for a sender that hung up; nor
   * for a delivery that was verified and could not be stored (503). A body that is too large once it is decoded, or
   * that a parser of the host's let through, is refused by the guard.
   */
  protected refused?(refusal: ExdataWebhookRefusal, context: ExecutionContext): void | Promise<void>;

  /** What a refused sender is answered. */
  protected rejection(refusal: ExdataWebhookRefusal): HttpException {
    return refusal.toAnswer();
  }

  async #answerTo(refusal: ExdataWebhookRefusal, context: ExecutionContext): Promise<HttpException> {
    const hook = this.refused?.bind(this, refusal, context);
    const answer = hook && (await answerOfHook(hook, this.clock, (fault) => this.refusals.hookFailed(fault)));
    return answer ?? this.rejection(refusal);
  }

  async #verify(request: ExdataWebhookRequest): Promise<ExdataVerifiedDelivery> {
    const account = this.accountOf(request);
    if (!this.settings.accounts.includes(account)) throw new ExdataWebhookRefusal('unknown_account');
    const encoding = this.#encodingOf(request, account);
    const sent = this.bodyOf(request);
    if (sent.length > this.settings.maxBodyBytes) throw new ExdataWebhookRefusal('too_large', account);
    const secretId = await this.#signerOf(sent, request, account, encoding);
    // Only now are the bytes exdata's: a stranger's are not unfolded.
    const body = encoding === '' ? sent : await this.#decoded(sent, account, encoding);
    const deliveryId = this.headerOf(request, 'x-delivery');
    const looksLikeAnId = /^[\x21-\x7e]{1,255}$/.test(deliveryId);
    const timestamp = this.headerOf(request, 'x-timestamp');
    this.#checkTimestamp(timestamp, account, () =>
      this.stale.record({ account, deliveryId: looksLikeAnId ? deliveryId : '', body }),
    );
    if (!looksLikeAnId)
      throw new ExdataWebhookRefusal('delivery_id', account, 'X-Delivery must be 1 to 255 printable characters');
    const event = /^[\x21-\x7e]{1,128}$/.exec(this.headerOf(request, 'x-event'))?.[0] ?? 'unknown';
    return { account, deliveryId, event, sentAt: sentAtOf(timestamp, this.clock.now()), secretId, body };
  }

  /** @returns the Content-Encoding, '' if there is none */
  #encodingOf(request: ExdataWebhookRequest, account: string): string {
    const type = this.headerOf(request, 'content-type').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (!this.settings.contentTypes.includes(type)) throw new ExdataWebhookRefusal('content_type', account);
    const encoding = encodingOf(this.headerOf(request, 'content-encoding'));
    if (encoding === '' || (this.settings.compressedBodies && isDecodable(encoding))) return encoding;
    const hint = this.settings.compressedBodies
      ? 'gzip, deflate and br are taken'
      : 'a proxy compressed the body: turn that off for this path; webhook.compressedBodies takes what was signed as it is sent';
    throw new ExdataWebhookRefusal('content_encoding', account, hint);
  }

  /** @returns the name of the secret that the bytes are signed with, as they were sent */
  async #signerOf(sent: Buffer, request: ExdataWebhookRequest, account: string, encoding: string): Promise<string> {
    const signature = this.headerOf(request, 'x-signature');
    const known = await this.secretsOf(account, false);
    const signedBy = signerOf(sent, signature, known);
    if (signedBy !== null) return signedBy;
    const anew = isSignature(signature) ? await this.secretsOf(account, true) : known;
    const signedAnew = anew === known ? null : signerOf(sent, signature, anew);
    if (signedAnew !== null) return signedAnew;
    throw new UnfitSignature(account, () => {
      const others = new Map(
        this.settings.accounts.filter((name) => name !== account).map((name) => [name, this.keeper.atHand(name)]),
      );
      return { body: sent, encoding, signature, secrets: anew, others };
    });
  }

  async #decoded(sent: Buffer, account: string, encoding: string): Promise<Buffer> {
    const body = await decoded(sent, encoding, this.settings.maxBodyBytes);
    if (typeof body === 'string') throw new ExdataWebhookRefusal(body, account);
    return body;
  }

  #checkTimestamp(timestamp: string, account: string, onStale: () => void): void {
    if (!this.settings.window) return;
    const place = placeInWindow(timestamp, this.clock.now(), this.settings.window);
    if (place === 'inside') return;
    if (place === 'stale') onStale();
    if (place === 'stale' || place === 'early') throw new ExdataWebhookRefusal(place, account, hints[place]);
    throw new ExdataWebhookRefusal('timestamp', account, hints[place]);
  }
}

const hints = {
  stale: 'X-Timestamp is older than webhook.pastToleranceMs: a replay, a late retry, or a clock that is wrong here',
  early: 'X-Timestamp is further ahead than webhook.futureToleranceMs: a clock is wrong, here or there',
  milliseconds: 'X-Timestamp is in milliseconds; it must be Unix seconds, as exdata sends it',
  malformed: 'X-Timestamp must be Unix seconds; checking none takes webhook.timestampCheck: false',
} as const;
