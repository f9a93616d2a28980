/**
 * A receiver under test, as a host would write it. Arguments: variant, platform, address of the database. Nobody works
 * on what it stores, so that the figure is of the intake alone; its log says what a host in production would let it
 * say.
 */
import { DataSource } from 'typeorm';
import { adapterOf, hostOf, nobodyWorks, serve } from '../application.mjs';
import { stores } from './stores.mjs';

// No face of the library shows the store; its types are the sources', since a checkout has them before it is built.
/** @type {typeof import('../../libs/exdata/src/webhooks/index.js')} */
const { DeliveryStore } = await import(new URL('../../libs/exdata/dist/esm/webhooks/index.js', import.meta.url).href);

const [variant = '', platform = '', url = ''] = process.argv.slice(2);
const store = stores[variant];
if (store === undefined && variant !== 'ours') throw new Error(`no variant ${variant}`);

const stored = store ? [{ provide: DeliveryStore, inject: [DataSource], useFactory: store }] : [];
const host = hostOf(
  { type: 'postgres', url },
  { ...nobodyWorks, providers: [...(nobodyWorks.providers ?? []), ...stored] },
);
const create = { rawBody: true, logger: /** @type {('error' | 'warn' | 'log')[]} */ (['error', 'warn', 'log']) };
await serve(host, await adapterOf(platform), { path: 'webhooks/exdata', create });
