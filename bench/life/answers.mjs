/** The other side of child.mjs: what a process of the benchmark answers to its parent. */

/** @typedef {Readonly<Record<string, (about: any) => unknown>>} Answers */

/** What the parent said at the start. @returns {any} */
export function settings() {
  return JSON.parse(process.argv[2] ?? '{}');
}

/**
 * Answers from now on, and says so. Ends the process when nobody is left to ask.
 * @param {Answers} answers
 * @param {() => Promise<unknown>} close
 */
export function answer(answers, close) {
  /** @type {Answers} */
  const all = { cpu: cpuUsed, ...answers };
  process.on(
    'message',
    async (/** @type {{ id: number, question: string, about: object }} */ { id, question, about }) => {
      try {
        process.send?.({ id, answer: await all[question]?.(about) });
      } catch (error) {
        process.send?.({ id, error: error instanceof Error ? error.stack : String(error) });
      }
    },
  );
  process.once('disconnect', () => void close().finally(() => process.exit()));
  process.send?.({ id: 0 });
}

/** Microseconds of CPU that this process has used, with all its threads. */
function cpuUsed() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
