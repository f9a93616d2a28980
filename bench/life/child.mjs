/** A process of its own that answers questions: see answers.mjs. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export class Child {
  #asked = 0;

  /**
   * @param {string} name
   * @param {import('node:child_process').ChildProcess} child
   */
  constructor(name, child) {
    this.name = name;
    this.child = child;
    // Each question listens until it is answered.
    child.setMaxListeners(0);
  }

  /**
   * Starts the script; resolves when it is ready.
   * @param {string} script beside this file
   * @param {object} settings handed to it as JSON
   */
  static async start(script, settings) {
    const args = [JSON.stringify(settings)];
    const child = new Child(
      script,
      fork(fileURLToPath(new URL(script, import.meta.url)), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
    await child.#answer(0);
    return child;
  }

  /**
   * @param {string} question
   * @param {object} [about]
   * @returns {Promise<any>}
   * @throws {Error} what the process failed with, or that it ended
   */
  ask(question, about = {}) {
    const id = ++this.#asked;
    const answer = this.#answer(id);
    this.child.send({ id, question, about });
    return answer;
  }

  /** Microseconds of CPU that the process has used. @returns {Promise<number>} */
  cpu() {
    return this.ask('cpu');
  }

  async stop() {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  /** @param {number} id */
  #answer(id) {
    return new Promise((resolve, reject) => {
      const onMessage = (/** @type {any} */ message) => {
        if (message.id !== id) return;
        this.child.off('message', onMessage).off('exit', onExit);
        if (message.error === undefined) resolve(message.answer);
        else reject(new Error(`${this.name}: ${message.error}`));
      };
      const onExit = (/** @type {number | null} */ code) => reject(new Error(`${this.name} ended with ${code}`));
      this.child.on('message', onMessage).once('exit', onExit);
    });
  }
}
