import { readFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import ts from 'typescript';
import { buildIfStale } from '../../scripts/build.mjs';
import { execute, root, temporaryFolder } from '../packages.js';
import { codeBlocks } from './code-blocks.js';

const readme = 'libs/exdata/README.md';

/** A host around the module of the document, which starts, says in what mode, and ends. */
const host = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EXDATA_MODE, exdataEntities, exdataMigrations } from 'nestjs-exdata';
import { AppModule } from './app.module.mjs';

const database = { type: 'better-sqlite3', database: ':memory:', entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };
class Host {}
Module({ imports: [TypeOrmModule.forRoot({ ...database, retryAttempts: 0 }), AppModule] })(Host);
const app = await NestFactory.create(Host, { rawBody: true, logger: false, abortOnError: false });
await app.init();
console.log(app.get(EXDATA_MODE, { strict: false }));
await app.close();
`;

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder('set-up'));
  await buildIfStale();
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
});
afterAll(() => remove());

it('[C1] the set-up that the README shows starts in live mode', async () => {
  const block = codeBlocks(readme, readFileSync(path.join(root, readme), 'utf8')).find(
    ({ language }) => language === 'ts',
  );
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    experimentalDecorators: true,
  };
  await writeFile(
    path.join(folder, 'app.module.mjs'),
    ts.transpileModule(block?.code ?? '', { compilerOptions }).outputText,
  );
  await writeFile(path.join(folder, 'host.mjs'), host);
  const env = {
    ...process.env,
    EXDATA_LIVE_TOKEN: 'tok_of_the_environment',
    EXDATA_LIVE_WEBHOOK_SECRET: 'whsec_of_good_length_for_tests',
    EXDATA_SPOOL_DIRECTORY: path.join(folder, 'spool'),
  };
  expect(await execute(process.execPath, ['host.mjs'], { cwd: folder, env })).toBe('live\n');
});
