import { describe, expect, it } from '@jest/globals';
import { FaultBook } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import type { DoubtfulDelivery } from './doubts/signature-doubts.js';
import { ExdataWebhookRefusal, WebhookRefusals } from './index.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a flood of refusals', () => {
  const clock = { time: 0, now: () => clock.time, after: () => () => undefined };
  const lines: unknown[][] = [];
  const write = (...line: unknown[]): void => void lines.push(line);
  const refusals = new WebhookRefusals(new FaultBook(clock), { warn: write, error: write } as unknown as ExdataLog);
  const noSignature = {
    body: Buffer.from('{}'),
    encoding: '',
    signature: '',
    secrets: [],
    others: new Map<string, never>(),
  };
  let asked = 0;
  const flood = (count: number, doubt: DoubtfulDelivery = noSignature, account = 'default'): void => {
    for (let index = 0; index < count; index++) {
      refusals.note(new ExdataWebhookRefusal('signature', account), () => {
        asked++;
        return doubt;
      });
    }
  };
  const lineOf = (count: number, hint: unknown, account = 'default') => [
    'webhook.refused',
    { account },
    { reason: 'signature', count, hint },
  ];
  const settle = async (expected: number): Promise<void> => {
    while (lines.length < expected) await turn();
  };

  it('is told of at its start, once a minute, with how many there were; why is looked into off the way', async () => {
    flood(2_500);
    expect(lines).toEqual([]);
    await settle(1);
    expect(lines).toEqual([lineOf(1, expect.stringContaining('no X-Signature'))]);
    clock.time += 59_999;
    flood(100);
    clock.time += 1;
    flood(100);
    await settle(2);
    await turn();
    expect(lines.slice(1)).toEqual([lineOf(2_600, expect.stringContaining('no X-Signature'))]);
    expect(asked).toBe(2);
  });

  it('is told of again when the clock is set back', async () => {
    clock.time -= 3_600_000;
    flood(1);
    await settle(3);
    expect(lines.at(-1)).toEqual(lineOf(100, expect.any(String)));
  });

  it('of another kind has lines of its own', () => {
    refusals.note(new ExdataWebhookRefusal('stale', 'default'));
    expect(lines.at(-1)).toEqual([
      'webhook.refused',
      { account: 'default' },
      { reason: 'stale', count: 1, hint: undefined },
    ]);
  });

  it('against several accounts is looked into one at a time: the others’ lines do without', async () => {
    const before = lines.length;
    flood(5, noSignature, 'berlin');
    flood(5, noSignature, 'paris');
    expect(lines.slice(before)).toEqual([lineOf(1, undefined, 'paris')]);
    await settle(before + 2);
    expect(lines.at(-1)).toEqual(lineOf(1, expect.any(String), 'berlin'));
  });

  it('is told of without a hint where that cannot be made, and nobody notices', async () => {
    const before = lines.length;
    const broken = { ...noSignature, signature: 'a'.repeat(64), others: null as unknown as DoubtfulDelivery['others'] };
    flood(1, broken, 'rome');
    await settle(before + 1);
    expect(lines.at(-1)).toEqual(lineOf(1, undefined, 'rome'));
    flood(1, noSignature, 'oslo');
    await settle(before + 2);
    expect(lines.at(-1)).toEqual(lineOf(1, expect.any(String), 'oslo'));
  });
});
