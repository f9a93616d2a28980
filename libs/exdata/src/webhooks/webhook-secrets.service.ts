import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_MODE } from '../dispatch/index.js';
import type { ExdataClock, ExdataMode } from '../dispatch/index.js';
import { ExdataDelivery } from './delivery.entity.js';
import { SecretKeeper } from './secret-keeper.js';
import { EXDATA_WEBHOOK } from '../config/index.js';
import { Inject } from '../injection/index.js';

/** How one secret is used; times in epoch ms. */
export interface ExdataSecretReport {
  readonly account: string;
  /** The secret's name; the secret itself is nowhere in the report. */
  readonly id: string;
  /** When the oldest delivery arrived that it signed and that the inbox still holds; null if there is none. */
  readonly firstSeen: number | null;
  /** When the newest one arrived. */
  readonly lastMatched: number | null;
  /** Deliveries that it signed in the last 24 hours. */
  readonly matchesIn24h: number;
  /**
   * Whether it can be taken out of the configuration without a delivery being refused, as far as the inbox can tell.
   */
  readonly mayGo: boolean;
  /** Why it may go, or why not, in words for the person who rotates. */
  readonly because: string;
}

type Use = Pick<ExdataSecretReport, 'firstSeen' | 'lastMatched' | 'matchesIn24h'>;

const dayMs = 24 * 3_600_000;
const never: Use = { firstSeen: null, lastMatched: null, matchesIn24h: 0 };

export interface IdSettings {
  /** How long the inbox knows a delivery's id, in milliseconds. */
  readonly keepIdsMs: number;
}

/**
 * The webhook secrets in use. Read from the inbox, whose rows name the secret that signed them: it knows of every
 * process and outlives each.
 */
@Injectable()
export class ExdataWebhookSecrets {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(SecretKeeper) private readonly keeper: SecretKeeper,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WEBHOOK) private readonly settings: IdSettings,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /**
   * For each secret that is accepted now, which are listed with the newest last: when it was first and last used, and
   * whether it may go. Reads the inbox; made for people, not for each request.
   */
  async rotationReport(): Promise<ExdataSecretReport[]> {
    const reports: ExdataSecretReport[] = [];
    for (const account of this.keeper.accounts) {
      const uses = await this.#usesIn(account);
      const ids = this.keeper.of(account).map(({ id }) => id);
      const inOrder = ids.map((id) => ({ id, use: uses.get(id) ?? never }));
      for (const [at, { id, use }] of inOrder.entries()) {
        const others = inOrder.filter((other) => other.id !== id).map((other) => other.use);
        const isReplaced = inOrder.slice(at + 1).some((newer) => this.#isSettled(newer.use));
        reports.push({ account, id, ...use, ...verdictOn(use, others, isReplaced) });
      }
    }
    return reports;
  }

  /**
   * Whether a secret has been in use for long. Half of what the inbox knows is asked for, since its oldest row is
   * younger than all of it where few deliveries come.
   */
  #isSettled({ firstSeen }: Use): boolean {
    return firstSeen !== null && this.clock.now() - firstSeen > Math.max(dayMs, this.settings.keepIdsMs / 2);
  }

  async #usesIn(account: string): Promise<Map<string, Use>> {
    const rows: Record<'id' | 'first' | 'last' | 'recent', string | number>[] = await this.dataSource.manager
      .createQueryBuilder(ExdataDelivery, 'delivery')
      .select('delivery.secretId', 'id')
      .addSelect('min(delivery.receivedAt)', 'first')
      .addSelect('max(delivery.receivedAt)', 'last')
      .addSelect('sum(case when delivery.receivedAt > :since then 1 else 0 end)', 'recent')
      .where('delivery.mode = :mode and delivery.account = :account', {
        mode: this.mode,
        account,
        since: this.clock.now() - dayMs,
      })
      .groupBy('delivery.secretId')
      .getRawMany();
    return new Map(
      rows.map(({ id, first, last, recent }) => [
        String(id),
        { firstSeen: Number(first), lastMatched: Number(last), matchesIn24h: Number(recent) },
      ]),
    );
  }
}

function verdictOn(
  { lastMatched, matchesIn24h }: Use,
  others: readonly Use[],
  isReplaced: boolean,
): Pick<ExdataSecretReport, 'mayGo' | 'because'> {
  const no = (because: string) => ({ mayGo: false, because });
  if (others.length === 0) return no('it is the only secret of its account');
  if (lastMatched === null && isReplaced)
    return {
      mayGo: true,
      because: 'the inbox knows of nothing that it signed, while one listed after it has long been in use',
    };
  if (lastMatched === null) return no('it has signed nothing yet: it may be the one that is to come');
  if (matchesIn24h > 0) return no(`it signed ${String(matchesIn24h)} deliveries in the last 24 hours`);
  if (others.some((other) => (other.lastMatched ?? 0) > lastMatched))
    return { mayGo: true, because: 'it has signed nothing for 24 hours, while another secret has' };
  return no('no other secret has signed anything since');
}
