#!/usr/bin/env node
/**
 * Writes what each entry of nestjs-exdata shows into libs/exdata/api-report, a file an entry, for reviews to diff. With
 * `--check` it writes nothing and fails where a report is not what the sources say; `--folder` names another place.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildIfStale } from './build.mjs';

// A CommonJS package of a megabyte of types, of which this file uses three names.
const { CompilerState, Extractor, ExtractorConfig } = createRequire(import.meta.url)('@microsoft/api-extractor');

const root = fileURLToPath(new URL('..', import.meta.url));
const library = path.join(root, 'libs/exdata');
const manifest = path.join(library, 'package.json');

const { values: given } = parseArgs({ options: { check: { type: 'boolean' }, folder: { type: 'string' } } });
const isCheck = given.check === true;
const reports = path.resolve(given.folder ?? path.join(library, 'api-report'));

await buildIfStale({ log: console.log });
await mkdir(reports, { recursive: true });
const fresh = await mkdtemp(path.join(root, '.build', 'api-report-'));
try {
  const { exports } = JSON.parse(await readFile(manifest, 'utf8'));
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object');
  const configs = entries.map(([entry, target]) => configOf(entry, path.join(library, target.import.types)));
  const [first, ...others] = configs;
  // One compilation serves all entries.
  const compilerState = CompilerState.create(first, {
    additionalEntryPoints: others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
  });
  const stale = configs.filter((config) => isStale(config, compilerState)).map(({ reportFilePath }) => reportFilePath);
  const known = new Set(configs.map(({ reportFilePath }) => path.basename(reportFilePath)));
  const left = (await readdir(reports)).filter((file) => !known.has(file)).map((file) => path.join(reports, file));
  if (!isCheck) await Promise.all(left.map((file) => rm(file)));
  for (const file of [...stale, ...left]) console.log(`${isCheck ? 'stale' : 'written'}: ${path.relative(root, file)}`);
  if (isCheck && stale.length + left.length > 0) {
    console.log('`npm run api-report` writes them anew; look at what has changed for hosts');
    process.exitCode = 1;
  }
} finally {
  await rm(fresh, { recursive: true });
}

/**
 * @param {string} entry such as `./api`
 * @param {string} mainEntryPointFilePath its declarations
 */
function configOf(entry, mainEntryPointFilePath) {
  const name = entry === '.' ? 'root' : entry.slice('./'.length);
  const silent = { default: { logLevel: 'none' } };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: library,
      mainEntryPointFilePath,
      compiler: { tsconfigFilePath: path.join(library, 'tsconfig.esm.json') },
      newlineKind: 'lf',
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: reports,
        reportTempFolder: fresh,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: manifest,
  });
}

/**
 * Whether the entry's report has to be written, or was just now.
 * @param {{ reportFilePath: string }} config
 * @param {unknown} compilerState
 */
function isStale(config, compilerState) {
  const wasThere = existsSync(config.reportFilePath);
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: !isCheck,
    compilerState,
    // The tool's own lines tell of files that nobody has to care for.
    messageCallback: (/** @type {{ handled: boolean }} */ message) => (message.handled = true),
  });
  return apiReportChanged || !wasThere;
}
