#!/usr/bin/env node
/**
 * Adds to package-lock.json the builds for other platforms that npm left out, so that `npm ci` accepts the file
 * everywhere. npm leaves them out when the registry does not serve them to the machine that wrote the file, or when
 * node_modules lacked them (https://github.com/npm/cli/issues/4828). With `--check` it only names what is missing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, license?: string, engines?: Record<string, string>,
 *   optionalDependencies?: Record<string, string>, os?: string[], cpu?: string[], libc?: string[] }} Locked
 */

const lockfile = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const platform =
  /-(?<os>android|darwin|freebsd|linux|openharmony|win32)-(?<cpu>arm64|arm|ia32|x64|ppc64|s390x|riscv64|loong64)(?:-(?<abi>\w+))?$/;

/**
 * The optional dependencies that have no entry of their own, with the entry they should have.
 * @param {Record<string, Locked>} packages
 */
function missingFrom(packages) {
  return Object.entries(packages).flatMap(([parent, locked]) =>
    Object.entries(locked.optionalDependencies ?? {})
      .filter(([name]) => placesFor(name, parent).every((place) => !(place in packages)))
      .map(([name, version]) => ({ name, place: `node_modules/${name}`, entry: entryFor(name, version, locked) })),
  );
}

/**
 * Where Node looks for `name` when `parent` asks for it.
 * @param {string} name
 * @param {string} parent
 */
function placesFor(name, parent) {
  const steps = parent.split('/node_modules/');
  return [
    ...steps.map((_, index) => `${steps.slice(0, index + 1).join('/node_modules/')}/node_modules/${name}`),
    `node_modules/${name}`,
  ];
}

/**
 * @param {string} name
 * @param {string} version
 * @param {Locked} parent
 * @returns {Locked}
 */
function entryFor(name, version, parent) {
  const { os, cpu, abi } = platform.exec(name)?.groups ?? {};
  if (os === undefined || cpu === undefined || !/^\d/.test(version))
    throw new Error(`cannot tell the entry of ${name}@${version} from its name`);
  return {
    version,
    cpu: [cpu],
    ...(parent.dev === true && { dev: true }),
    ...(os === 'linux' && abi !== undefined && { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] }),
    ...(parent.license !== undefined && { license: parent.license }),
    optional: true,
    os: [os],
    ...(parent.engines !== undefined && { engines: parent.engines }),
  };
}

const lock = JSON.parse(await readFile(lockfile, 'utf8'));
const missing = missingFrom(lock.packages);
if (process.argv.includes('--check')) {
  for (const { name, entry } of missing) console.log(`${name}@${entry.version}`);
  process.exitCode = missing.length === 0 ? 0 : 1;
} else if (missing.length > 0) {
  const packages = { ...lock.packages, ...Object.fromEntries(missing.map(({ place, entry }) => [place, entry])) };
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  await writeFile(lockfile, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${missing.length} entries`);
}
