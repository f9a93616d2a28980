#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { VirtualClock } from './clock/virtual-clock.js';
import { createSandbox } from './sandbox.js';

const usage = `exdata-sandbox: a local stand-in for the exdata service

  --port <number>           port to listen on; any free one by default
  --host <address>          address to listen on; 127.0.0.1 by default
  --token <text>            bearer token of mode test; sandbox_test_token by default
  --live-token <text>       bearer token of mode live; sandbox_live_token by default
  --webhook-url <url>       receiver of webhooks; may be repeated
  --webhook-secret <text>   secret to sign with; the same at each start by default
  --processing-ms <number>  milliseconds until a document is completed, or "manual"; 1000 by default
  --webhook-retry-ms <list> milliseconds before each retry of a webhook, such as 100,500; hours by default
  --credits <number>        for live uploads; 100 by default
  --first-document-id <n>   id of the first document; another one at each start by default
  --virtual-clock           time stands still until POST /_sandbox/clock/advance
  --seed <text>             ids, secrets and default invoices follow from it, the same at each start
  --control                 open the routes under /_sandbox/, on a loopback address only
  --help`;

const flagsSchema = z.object({
  port: z.coerce.number().int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  token: z.string().min(1).default('sandbox_test_token'),
  'live-token': z.string().min(1).default('sandbox_live_token'),
  'webhook-url': z.array(z.url()).default([]),
  'webhook-secret': z.string().min(1).optional(),
  'processing-ms': z.union([z.literal('manual'), z.coerce.number().nonnegative()]).default(1_000),
  'webhook-retry-ms': z
    .string()
    .regex(/^\d+(,\d+)*$/, 'must be whole numbers, separated by commas')
    .transform((list) => list.split(',').map(Number))
    .optional(),
  credits: z.coerce.number().int().nonnegative().default(100),
  'first-document-id': z.coerce.number().int().positive().optional(),
  'virtual-clock': z.boolean().default(false),
  seed: z.string().optional(),
  control: z.boolean().default(false),
});

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      host: text,
      token: text,
      'live-token': text,
      'webhook-url': { type: 'string', multiple: true },
      'webhook-secret': text,
      'processing-ms': text,
      'webhook-retry-ms': text,
      credits: text,
      'first-document-id': text,
      'virtual-clock': { type: 'boolean' },
      seed: text,
      control: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return;
  }
  const flags = flagsSchema.parse(values);
  const sandbox = createSandbox({
    host: flags.host,
    seed: flags.seed,
    clock: flags['virtual-clock'] ? new VirtualClock(Date.now()) : undefined,
    firstDocumentId: flags['first-document-id'],
    webhookRetryAfterMs: flags['webhook-retry-ms'],
    processingMs: flags['processing-ms'],
    control: flags.control,
    accounts: [
      {
        id: 'acct_1',
        credits: flags.credits,
        tokens: [
          { token: flags.token, mode: 'test' },
          { token: flags['live-token'], mode: 'live' },
        ],
      },
    ],
    endpoints: flags['webhook-url'].map((url) => ({ url, secret: flags['webhook-secret'] })),
  });
  const stop = (): void => void sandbox.close();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  console.log(`exdata-sandbox ready ${await sandbox.listen(flags.port)}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
