/**
 * A host in a process of its own, to be killed. It takes its settings from the environment and says on standard output
 * how far it is:
 * - `ROLE=take`: submits a stream of `BYTES` bytes, says `submitted`, and sends nothing: its dispatcher does no work
 * - `ROLE=take-half`: submits a stream that stops in the middle, and says `half`
 * - `ROLE=send`: takes part in the work, and says `ready`
 */
import { Readable } from 'node:stream';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  EXDATA_CLOCK,
  EXDATA_DISPATCHER,
  exdataEntities,
  exdataMigrations,
  ExdataModule,
  ExdataUploadService,
} from 'nestjs-exdata';

const {
  ROLE = '',
  DATABASE_URL = '',
  EXDATA_BASE_URL = '',
  SPOOL = 'directory',
  BYTES = '0',
  SHIFT_MS = '0',
} = process.env;

/** Shared, as a queue is; the processes that do the work are others. */
const idle = {
  shared: SPOOL === 'database',
  start: () => undefined,
  dispatch: () => undefined,
  stop: () => Promise.resolve(),
};
/** @type {import('nestjs-exdata').ExdataClock} */
const clock = {
  now: () => Date.now() + Number(SHIFT_MS),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

class Host {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      ...(DATABASE_URL.startsWith('postgres')
        ? { type: 'postgres', url: DATABASE_URL }
        : { type: 'better-sqlite3', database: DATABASE_URL, enableWAL: true }),
      entities: [...exdataEntities],
      migrations: [...exdataMigrations],
      migrationsRun: true,
      retryAttempts: 0,
    }),
    ExdataModule.forRoot({
      mode: 'test',
      baseUrl: EXDATA_BASE_URL,
      token: 'sandbox_test_token',
      webhookSecrets: [{ id: 'current', secret: 'whsec_of_good_length_for_tests' }],
      upload: { spool: SPOOL === 'database' ? 'database' : 'directory' },
      work: { leaseMs: 1_000, sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 },
      webhookPath: false,
      providers: [
        { provide: EXDATA_CLOCK, useValue: clock },
        ...(ROLE === 'send' ? [] : [{ provide: EXDATA_DISPATCHER, useValue: idle }]),
      ],
    }),
  ],
})(Host);

const app = await NestFactory.createApplicationContext(Host, { logger: ['error'] });
const uploads = app.get(ExdataUploadService);
if (ROLE === 'send') {
  console.log('ready');
} else if (ROLE === 'take') {
  await uploads.submit({
    source: { type: 'invoice', id: 'K-1' },
    file: Readable.from(bytes(Number(BYTES))),
    filename: 'k.txt',
  });
  console.log('submitted');
} else {
  void uploads.submit({ source: { type: 'invoice', id: 'K-2' }, file: Readable.from(halfOf()), filename: 'k.txt' });
}
// Kept alive until it is killed.
setInterval(() => undefined, 60_000);

/**
 * @param {number} length
 * @returns {AsyncGenerator<Buffer>}
 */
async function* bytes(length) {
  const chunk = Buffer.alloc(65_536, 'the text of an invoice ');
  for (let left = length; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
}

/** Half of the bytes, and then nothing more: not even an end. */
async function* halfOf() {
  yield* bytes(Number(BYTES) / 2);
  console.log('half');
  await new Promise(() => undefined);
}
