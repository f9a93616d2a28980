import { afterEach, expect, it } from '@jest/globals';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { GatePasses } from '../../libs/exdata/src/documents/index.js';
import { source } from '../deliveries/scene.js';
import { Host } from './host.js';

let host: Host;
afterEach(() => host.close());

it.each([
  [402, 'insufficient_credits'],
  [401, 'unauthenticated'],
  [429, 'rate_limited'],
])(
  '[E3] once exdata has answered %i, no row of the account goes out as it was let through before',
  async (status, code) => {
    host = await Host.start();
    const passes = host.app.get(GatePasses);
    for (const [row, account] of [
      ['let through', 'default'],
      ['of others', 'acme'],
    ] as const)
      passes.give(row, account);
    host.sandbox.faults.request(requestFaults.problem(status, code, 'No.'), {
      match: ({ method }) => method === 'POST',
      times: 100,
    });
    await host.uploads.submit({ source: source('REFUSED'), file: Buffer.from('%PDF-1.4 refused') });
    await host.until(async () => (await host.documents.findBySource(source('REFUSED')))?.problem != null);
    expect([passes.use('let through'), passes.use('of others')]).toEqual([false, true]);
  },
);
