/** Where an application spends its time, and which statements it sends: for people who tune it. */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

/** A logger of TypeORM's that counts queries by their text. */
export class StatementLog {
  /** @type {Map<string, number>} */
  #counts = new Map();

  /** @param {string} text */
  logQuery(text) {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }
  logQueryError() {}
  logQuerySlow() {}
  logSchemaBuild() {}
  logMigration() {}
  log() {}

  clear() {
    this.#counts.clear();
  }

  /**
   * One line for each kind of statement, with how often it is sent for a document, the most frequent first. @param
   * {number} documents
   */
  lines(documents) {
    /** @type {Map<string, number>} */
    const kinds = new Map();
    for (const [text, count] of this.#counts) kinds.set(kindOf(text), (kinds.get(kindOf(text)) ?? 0) + count);
    const total = [...kinds.values()].reduce((sum, count) => sum + count, 0);
    const sorted = [...kinds].sort(([, a], [, b]) => b - a);
    return [
      `${(total / documents).toFixed(2)} statements a document`,
      ...sorted.map(([kind, count]) => `${(count / documents).toFixed(2).padStart(7)} ${kind}`),
    ];
  }
}

/**
 * The statement without the columns that it reads and the values that stand in it: on SQLite TypeORM writes numbers
 * into the text. @param {string} text
 */
function kindOf(text) {
  return text
    .replaceAll(/\s+/g, ' ')
    .replace(/^SELECT "(\w+)"\."\w+" AS .*? FROM /, 'SELECT $1.* FROM ')
    .replaceAll(/\$\d+|(?<![\w"])-?\d+/g, '?')
    .replaceAll(/\(\?(, \?)*\)/g, '(…)');
}

/**
 * Runs the work under the profiler of V8; writes `<file>.cpuprofile`, to be opened in the developer tools of a browser,
 * and `<file>.txt`.
 * @param {string} file without its ending
 * @param {StatementLog} statements
 * @param {number} documents
 * @param {() => Promise<unknown>} work
 */
export async function profiled(file, statements, documents, work) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  statements.clear();
  await work();
  const lines = statements.lines(documents);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  await writeFile(`${file}.cpuprofile`, JSON.stringify(profile));
  await writeFile(`${file}.txt`, [...hottest(profile), '', ...lines, ''].join('\n'));
}

/** @typedef {import('node:inspector').Profiler.Profile} Profile */

/**
 * The functions that take the most, with what they take themselves and with what they call; in parts of the time that
 * was not idle. @param {Profile} profile
 */
export function hottest({ nodes, samples = [], timeDeltas = [] }, most = 40) {
  const children = new Map(nodes.map(({ id, children = [] }) => [id, children]));
  /** @type {Map<number, number>} */
  const self = new Map();
  samples.forEach((id, at) => self.set(id, (self.get(id) ?? 0) + (timeDeltas[at] ?? 0)));
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, frameName(callFrame)]));
  const sums = new Map([...nameOf.values()].map((name) => [name, { self: 0, total: 0 }]));
  const visit = (/** @type {number} */ id, /** @type {ReadonlySet<string>} */ above) => {
    const name = nameOf.get(id) ?? '';
    const sum = sums.get(name) ?? { self: 0, total: 0 };
    const own = self.get(id) ?? 0;
    sum.self += own;
    const inside = new Set(above).add(name);
    let total = own;
    for (const child of children.get(id) ?? []) total += visit(child, inside);
    if (!above.has(name)) sum.total += total;
    return total;
  };
  const [root] = nodes;
  if (root) visit(root.id, new Set());
  const idle = sums.get('(idle)')?.self ?? 0;
  const busy = [...self.values()].reduce((sum, time) => sum + time, 0) - idle;
  const rows = [...sums].filter(([name]) => name !== '(idle)' && name !== '(root)');
  const shown = (/** @type {'self' | 'total'} */ by) =>
    rows
      .sort(([, a], [, b]) => b[by] - a[by])
      .slice(0, most)
      .map(([name, sum]) => `${part(sum.self, busy)} ${part(sum.total, busy)} ${name}`);
  return [
    `${Math.round(busy / 1000)} ms busy`,
    '   self   total  by self',
    ...shown('self'),
    '   self   total  by total',
    ...shown('total'),
  ];
}

/** @param {{ functionName: string, url: string, lineNumber: number }} frame */
function frameName({ functionName, url, lineNumber }) {
  const file = url.replace(/^.*\/(node_modules|libs|bench)\//, '');
  return `${functionName || '(anonymous)'} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`.trim();
}

/** @param {number} time @param {number} whole */
function part(time, whole) {
  return `${((100 * time) / whole).toFixed(1)}%`.padStart(7);
}
