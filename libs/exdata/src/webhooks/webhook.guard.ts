import { Inject, Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext, HttpException } from '@nestjs/common';
import { EXDATA_CLOCK } from '../dispatch/index.js';
import type { Clock } from '../dispatch/index.js';
import { decoded, encodingOf, isDecodable } from './body-encoding.js';
import { missingRawBody } from './raw-body.js';
import { SecretKeeper } from './secret-keeper.js';
import { whyNotSigned } from './signature-doubts.js';
import type { WebhookSecret } from './signature.js';
import { hasSignatureLength, signerOf } from './signature.js';
import { StaleDeliveries } from './stale-deliveries.js';
import { placeInWindow, sentAtOf } from './timestamp.js';
import type { VerifiedDelivery } from './verified-delivery.js';
import { attachDelivery } from './verified-delivery.js';
import { WebhookRefusal } from './webhook-refusal.js';
import { WebhookRefusals } from './webhook-refusals.js';
import { EXDATA_WEBHOOK_SETTINGS } from './webhook-settings.js';
import type { WebhookSettings } from './webhook-settings.js';

/** What the guard needs of a request of Express or Fastify. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params?: unknown;
  /** The bytes as they came: set by the webhook's own reader, or by Nest when the application is created with `rawBody: true`. */
  readonly rawBody?: Buffer;
}

interface Signed {
  readonly secretId: string;
  readonly body: Buffer;
}

/**
 * Lets a request pass if exdata signed it: X-Signature over the raw bytes, then X-Timestamp within the window (exdata docs: Webhooks).
 * Nothing is parsed before. To the outside every refusal of a signature is a bare 401; why stands in the log, sampled.
 * The protected methods are there to be overridden in a class of your own, which `webhookGuard` puts in this one's place.
 */
@Injectable()
export class ExdataWebhookGuard implements CanActivate {
  constructor(
    @Inject(EXDATA_WEBHOOK_SETTINGS) protected readonly settings: WebhookSettings,
    @Inject(SecretKeeper) protected readonly keeper: SecretKeeper,
    @Inject(WebhookRefusals) protected readonly refusals: WebhookRefusals,
    @Inject(StaleDeliveries) protected readonly stale: StaleDeliveries,
    @Inject(EXDATA_CLOCK) protected readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WebhookRequest & object>();
    try {
      attachDelivery(request, await this.#verify(request));
      return true;
    } catch (error) {
      if (!(error instanceof WebhookRefusal)) throw error;
      this.refusals.note(error);
      await this.refused?.(error, context);
      throw this.rejection(error);
    }
  }

  /** The name of the account that the request is for, as its path says. */
  protected accountOf({ params }: WebhookRequest): string {
    const named = typeof params === 'object' && params !== null && 'account' in params ? params.account : undefined;
    return typeof named === 'string' ? named : this.settings.defaultAccount;
  }

  /** The bytes as they came. */
  protected bodyOf(request: WebhookRequest): Buffer {
    if (Buffer.isBuffer(request.rawBody)) return request.rawBody;
    // Node.js gives an empty body no raw bytes; that is no fault of the host's, and no signature fits it.
    if (request.headers['content-length'] === '0' || (!request.headers['content-length'] && !request.headers['transfer-encoding']))
      return Buffer.alloc(0);
    throw new WebhookRefusal('no_raw_body', undefined, () => `a parser took the body before the webhook could read it: ${missingRawBody}`);
  }

  /** One header; '' where it is absent or was sent more than once. */
  protected headerOf(request: WebhookRequest, name: string): string {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  }

  /** The secrets that are accepted for the account now. With `missed`, after a signature fitted none of those given before. */
  protected secretsOf(account: string, missed: boolean): readonly WebhookSecret[] | Promise<readonly WebhookSecret[]> {
    return missed ? this.keeper.afterMiss(account) : this.keeper.of(account);
  }

  /**
   * Yours to define: called for each refusal of this guard before it is answered, the place to count senders with your throttler. What it throws is
   * answered instead. It is not called where no guard is asked: for a body that is too large (413) or too slow (408) as it comes, and for a sender that hung up;
   * nor for a delivery that was verified and could not be stored (503). A body that is too large once it is decoded, or that a
   * parser of the host's let through, is refused by the guard.
   */
  protected refused?(refusal: WebhookRefusal, context: ExecutionContext): void | Promise<void>;

  /** What a refused sender is answered. */
  protected rejection(refusal: WebhookRefusal): HttpException {
    return refusal.toAnswer();
  }

  async #verify(request: WebhookRequest): Promise<VerifiedDelivery> {
    const account = this.accountOf(request);
    if (!this.settings.accounts.includes(account)) throw new WebhookRefusal('unknown_account');
    const encoding = this.#encodingOf(request, account);
    const { secretId, body } = await this.#signed(request, account, encoding);
    const deliveryId = this.headerOf(request, 'x-delivery');
    const looksLikeAnId = /^[\x21-\x7e]{1,255}$/.test(deliveryId);
    const timestamp = this.headerOf(request, 'x-timestamp');
    this.#checkTimestamp(timestamp, account, () => this.stale.record({ account, deliveryId: looksLikeAnId ? deliveryId : '', body }));
    if (!looksLikeAnId) throw new WebhookRefusal('delivery_id', account, () => 'X-Delivery must be 1 to 255 printable characters');
    const event = /^[\x21-\x7e]{1,128}$/.exec(this.headerOf(request, 'x-event'))?.[0] ?? 'unknown';
    return { account, deliveryId, event, sentAt: sentAtOf(timestamp, this.clock.now()), secretId, body };
  }

  /** @returns the Content-Encoding, '' if there is none */
  #encodingOf(request: WebhookRequest, account: string): string {
    const type = this.headerOf(request, 'content-type').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (!this.settings.contentTypes.includes(type)) throw new WebhookRefusal('content_type', account);
    const encoding = encodingOf(this.headerOf(request, 'content-encoding'));
    if (encoding === '' || (this.settings.compressedBodies && isDecodable(encoding))) return encoding;
    throw new WebhookRefusal('content_encoding', account, () =>
      this.settings.compressedBodies ? 'gzip, deflate and br are taken' : 'a proxy compressed the body; webhook.compressedBodies allows it',
    );
  }

  async #signed(request: WebhookRequest, account: string, encoding: string): Promise<Signed> {
    const sent = this.bodyOf(request);
    if (sent.length > this.settings.maxBodyBytes) throw new WebhookRefusal('too_large', account);
    const body = encoding === '' ? sent : await this.#decoded(sent, account, encoding);
    const signature = this.headerOf(request, 'x-signature');
    // Whoever compressed the body, the sender before signing or a proxy after: both readings prove that the secret was known.
    const signer = (secrets: readonly WebhookSecret[]): string | null =>
      signerOf(sent, signature, secrets) ?? (body === sent ? null : signerOf(body, signature, secrets));
    const known = await this.secretsOf(account, false);
    const signedBy = signer(known);
    if (signedBy !== null) return { secretId: signedBy, body };
    const anew = hasSignatureLength(signature) ? await this.secretsOf(account, true) : known;
    const signedAnew = anew === known ? null : signer(anew);
    if (signedAnew !== null) return { secretId: signedAnew, body };
    throw new WebhookRefusal('signature', account, () => {
      const others = new Map(this.settings.accounts.filter((name) => name !== account).map((name) => [name, this.keeper.of(name)]));
      return whyNotSigned({ body, signature, secrets: anew, others });
    });
  }

  async #decoded(sent: Buffer, account: string, encoding: string): Promise<Buffer> {
    const body = await decoded(sent, encoding, this.settings.maxBodyBytes);
    if (typeof body === 'string') throw new WebhookRefusal(body, account);
    return body;
  }

  #checkTimestamp(timestamp: string, account: string, onStale: () => void): void {
    if (!this.settings.window) return;
    const place = placeInWindow(timestamp, this.clock.now(), this.settings.window);
    if (place === 'inside') return;
    if (place === 'stale') onStale();
    if (place === 'stale' || place === 'early') throw new WebhookRefusal(place, account, () => hints[place]);
    throw new WebhookRefusal('timestamp', account, () => hints[place]);
  }
}

const hints = {
  stale: 'X-Timestamp is older than webhook.pastToleranceMs: a replay, a late retry, or a clock that is wrong here',
  early: 'X-Timestamp is further ahead than webhook.futureToleranceMs: a clock is wrong, here or there',
  milliseconds: 'X-Timestamp is in milliseconds; it must be Unix seconds, as exdata sends it',
  malformed: 'X-Timestamp must be Unix seconds; checking none takes webhook.timestampCheck: false',
} as const;
