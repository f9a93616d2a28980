import 'reflect-metadata';
import type { Server } from 'node:http';
import process from 'node:process';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { HostModule } from './host.module.js';
import { hostSettings, settingsVariable } from './settings.js';
import { installDeliveryStops } from './delivery-stops.js';
import { installStops } from './stops.js';

/** A host as a process of its own, on the compiled package, for tests to kill. */
const settings = hostSettings.parse(JSON.parse(process.env[settingsVariable] ?? '{}'));
const app = await NestFactory.create(HostModule.of(settings), {
  rawBody: true,
  logger: ['error'],
  abortOnError: false,
});
const database = app.get(DataSource);
await database.query('create table if not exists bills (invoice varchar(100), status varchar(20))');
await database.query('create table if not exists pages (kind varchar(40), source varchar(100))');
if (settings.stops.length > 0) {
  installStops(app, settings.stops);
  installDeliveryStops(app, settings.stops);
}
await app.listen(0, '127.0.0.1');
// On a busy machine a connection would be closed as idle at the moment that it is used again.
(app.getHttpServer() as Server).keepAliveTimeout = 0;
// Nobody is left to work for when the test has ended.
process.once('disconnect', () => process.exit());
process.send?.({ ready: await app.getUrl() });
