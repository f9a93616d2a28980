import { writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import {
  EXDATA_ALERTS,
  ExdataModule,
  exdataSecretFromEnv,
  exdataSecretFromFile,
  exdataSecretFromProvider,
} from 'nestjs-exdata';
import type { ExdataAccountOptions, ExdataModuleExtras, ExdataModuleOptions } from 'nestjs-exdata';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { TestRedis } from '../services.js';
import { patienceMs } from '../until.js';
import { Host, Pager } from './host.js';

const before = 'sandbox_test_token';
const after = 'sandbox_token_that_came_after';
const load = 40;

let folder: string;
let redis: TestRedis;
let host: Host | undefined;
let pager: Pager;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'exdata-switch-'));
  redis = await TestRedis.start();
});
afterEach(async () => {
  await host?.close();
  host = undefined;
});
afterAll(async () => {
  delete process.env.EXDATA_SWITCHED_TOKEN_FILE;
  await redis.stop();
  rmSync(folder, { recursive: true });
});

/** Where a host keeps its token, and how it is changed there. */
const sources: Record<
  string,
  () => { readonly token: ExdataAccountOptions['token']; readonly change: (to: string) => void | Promise<void> }
> = {
  file: () => {
    const file = path.join(folder, 'token');
    writeFileSync(file, before);
    return { token: exdataSecretFromFile(file), change: (to) => writeFile(file, to) };
  },
  'variable that names a file': () => {
    const file = path.join(folder, 'mounted');
    writeFileSync(file, before);
    process.env.EXDATA_SWITCHED_TOKEN_FILE = file;
    return { token: exdataSecretFromEnv('EXDATA_SWITCHED_TOKEN'), change: (to) => writeFile(file, to) };
  },
  provider: () => {
    let kept = before;
    return {
      token: exdataSecretFromProvider(() => Promise.resolve(kept), { cacheMs: 3_600_000 }),
      change: (to) => void (kept = to),
    };
  },
};

const dispatched: Record<
  string,
  (options: ExdataModuleOptions & ExdataModuleExtras) => ReturnType<typeof ExdataModule.forRoot>
> = {
  'in process': (options) => ExdataModule.forRoot({ isGlobal: true, ...options }),
  'over BullMQ': (options) => {
    @Module({})
    class OverBullMq {}
    const connection = { host: '127.0.0.1', port: redis.port };
    const dispatcher = ExdataBullMqModule.forRoot({});
    const exdata = ExdataModule.forRoot({ isGlobal: true, dispatcher, ...options, upload: { spool: 'database' } });
    return { module: OverBullMq, imports: [BullModule.forRoot({ connection }), exdata] };
  },
};

async function start(dispatching: string, token: ExdataAccountOptions['token']): Promise<Host> {
  pager = new Pager();
  const providers = [{ provide: EXDATA_ALERTS, useValue: pager }];
  const imported = (settings: ExdataModuleOptions) =>
    (dispatched[dispatching] ?? ExdataModule.forRoot)({ ...settings, providers, token });
  host = await Host.start({ imported, simulator: { processingMs: 5 } });
  return host;
}

const submit = ({ uploads }: Host, id: number) =>
  uploads.submit({
    source: { type: 'invoice', id: `INV-${id}` },
    file: Buffer.from(`%PDF-1.4 ${id}`),
    filename: `${id}.pdf`,
  });

const submitHalf = (started: Host, from: number) =>
  Promise.all(Array.from({ length: load / 2 }, (_, index) => submit(started, from + index)));

/** exdata takes the new token from now on, and the old one no more. */
function change({ sandbox }: Host, from: string, to: string): void {
  sandbox.accounts.addToken('acct_1', { token: to, mode: 'test' });
  sandbox.accounts.revokeToken(from);
}

/** Resolves to the document once it is completed. */
const completed = ({ documents }: Host, id: number) =>
  documents.waitFor({ type: 'invoice', id: `INV-${id}` }, { until: 'completed', timeoutMs: patienceMs });

async function allAreDone(started: Host): Promise<void> {
  await Promise.all(Array.from({ length: load }, (_, id) => completed(started, id)));
  expect(await started.uploads.holds()).toEqual([]);
  expect(started.sandbox.documents.list()).toHaveLength(load);
}

describe.each(Object.keys(dispatched))(
  '[C2] a token that is changed without overlap, under load, %s',
  (dispatching) => {
    it.each(Object.keys(sources))(
      'leaves no document to a person: from a %s that holds the new one when exdata refuses the old one',
      async (kind) => {
        const { token, change: put } = sources[kind]?.() ?? { token: before, change: () => undefined };
        const started = await start(dispatching, token);
        const first = submitHalf(started, 0);
        await submit(started, 0);
        await completed(started, 0);
        await put(after);
        change(started, before, after);
        await Promise.all([first, submitHalf(started, load / 2)]);
        await allAreDone(started);
        expect(pager.alerts).toEqual([]);
      },
    );

    it.each(Object.keys(sources))(
      'leaves none either from a %s that holds it only once the account is on hold',
      async (kind) => {
        const { token, change: put } = sources[kind]?.() ?? { token: before, change: () => undefined };
        const started = await start(dispatching, token);
        const first = submitHalf(started, 0);
        await submit(started, 0);
        await completed(started, 0);
        change(started, before, after);
        await Promise.all([first, submitHalf(started, load / 2)]);
        await started.until(() => pager.alerts.some(({ kind }) => kind === 'authentication_failed'));
        await put(after);
        await allAreDone(started);
        const told = JSON.stringify(await started.database.query('select * from exdata_account'));
        expect(told).not.toMatch(/sandbox_t/);
      },
    );
  },
);

describe('[C2] a token in the code', () => {
  it('keeps its account on hold until a process is started with another one', async () => {
    const old = await start('in process', before);
    change(old, before, after);
    await submit(old, 1);
    await old.until(() => pager.alerts.length === 1);
    await old.end();
    const again = await Host.start({ after: old, options: { token: before } });
    expect(await again.uploads.holds()).toHaveLength(1);
    await again.end();
    host = await Host.start({ after: old, options: { token: after } });
    const { documents } = host;
    expect(await documents.waitFor({ type: 'invoice', id: 'INV-1' }, { timeoutMs: patienceMs })).toMatchObject({
      state: 'completed',
    });
    expect(await host.uploads.holds()).toEqual([]);
  });
});
