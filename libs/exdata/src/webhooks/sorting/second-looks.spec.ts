import { expect, it } from '@jest/globals';
import { TestClock } from '../../../../../test/dispatch/test-clock.js';
import { keyOf, LinkedDocuments } from './linked-documents.js';
import type { NamedDocument } from './linked-documents.js';
import { SecondLooks } from './second-looks.js';

class Ledger extends LinkedDocuments {
  readonly ours = new Set<string>();
  looks = 0;

  among(named: readonly NamedDocument[]): Promise<ReadonlySet<string>> {
    this.looks++;
    return Promise.resolve(new Set(named.map(keyOf).filter((key) => this.ours.has(key))));
  }
}

const document = { account: 'default', exdataId: '7' };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function begun(): { clock: TestClock; ledger: Ledger; preferred: string[]; looks: SecondLooks } {
  const [clock, ledger, preferred] = [new TestClock(), new Ledger(), [] as string[]];
  clock.time = 100_000_000;
  const looks = new SecondLooks(ledger, clock);
  looks.add([{ id: 'row', document }], (id) => Promise.resolve(void preferred.push(id)));
  return { clock, ledger, preferred, looks };
}

it('prefers a delivery once the ledger knows its document, and looks no further', async () => {
  const { clock, ledger, preferred } = begun();
  clock.advance(250);
  await settled();
  expect(preferred).toEqual([]);
  ledger.ours.add(keyOf(document));
  clock.advance(250);
  await settled();
  expect(preferred).toEqual(['row']);
  expect(clock.waiting).toBe(0);
});

it('leaves a delivery to the sweep after six looks', async () => {
  const { clock, ledger } = begun();
  for (let look = 0; look < 8; look++) {
    clock.advance(250);
    await settled();
  }
  expect([ledger.looks, clock.waiting]).toEqual([6, 0]);
});

it('looks on at its pace after the clock was set back', async () => {
  const { clock, ledger, preferred } = begun();
  clock.setBack(7_200_000);
  ledger.ours.add(keyOf(document));
  clock.advance(250);
  await settled();
  expect(preferred).toEqual(['row']);
  expect(clock.waiting).toBe(0);
});
