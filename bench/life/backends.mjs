/** CPU that PostgreSQL uses for one database: user and system time of the backends that work in it, from /proc. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A backend may end between two looks, and with it what it used since the last one; milliseconds. */
const lookEveryMs = 200;
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export class Backends {
  /**
   * Ticks by process, as they were at the first look and are now. @type {Map<number, { first: number, last: number }>}
   */
  #ticks = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #looking = Promise.resolve();

  /** @param {import('../intake/database.mjs').Database} database on this machine */
  constructor(database) {
    this.database = database;
  }

  /** Begins to measure. */
  async start() {
    await this.#look(true);
    this.#lookLater();
  }

  /** Ends it. @returns {Promise<number>} microseconds of CPU since the start */
  async stop() {
    clearTimeout(this.#timer);
    await this.#looking;
    clearTimeout(this.#timer);
    await this.#look(false);
    const ticks = [...this.#ticks.values()].reduce((sum, { first, last }) => sum + last - first, 0);
    return (ticks / ticksPerSecond) * 1e6;
  }

  #lookLater() {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look(false).then(() => this.#lookLater());
    }, lookEveryMs);
  }

  /** @param {boolean} isFirst */
  async #look(isFirst) {
    const others = 'select pid from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()';
    const { rows } = await this.database.client.query(others, [this.database.name]);
    for (const { pid } of rows) {
      const ticks = ticksOf(pid);
      if (ticks === null) continue;
      const known = this.#ticks.get(pid) ?? { first: isFirst ? ticks : 0, last: ticks };
      this.#ticks.set(pid, { ...known, last: ticks });
    }
  }
}

/** Null where it has ended. @param {number} pid */
function ticksOf(pid) {
  try {
    // The name of the program, which may hold anything, ends with the last parenthesis; utime and stime are fields 14
    // and 15 (proc(5)).
    const [, rest = ''] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const fields = rest.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null;
  }
}
