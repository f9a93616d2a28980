/** A process of a benchmark's own, such as a server that is measured: what it says is in application.mjs. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export class Child {
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #asked = new Map();
  #questions = 0;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {URL} url where it listens
   */
  constructor(child, url) {
    this.child = child;
    this.url = url;
    child.on('message', (/** @type {{ number: number, answer: unknown }} */ { number, answer }) => {
      this.#asked.get(number)?.resolve(answer);
      this.#asked.delete(number);
    });
    // Whoever waits for an answer would wait for ever.
    child.once('exit', (code) => {
      for (const { reject } of this.#asked.values())
        reject(new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`));
      this.#asked.clear();
    });
  }

  /**
   * Resolves once it listens.
   * @param {URL} script
   * @param {readonly string[]} args
   */
  static async start(script, args) {
    const child = fork(fileURLToPath(script), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${script.pathname} ${args.join(' ')} ended with ${code}`);
    });
    ended.catch(() => undefined);
    const [{ address }] = await Promise.race([once(child, 'message'), ended]);
    return new Child(child, new URL(address));
  }

  /** @param {string} question @param {readonly unknown[]} about @returns {Promise<any>} */
  ask(question, ...about) {
    const number = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.child.send({ number, question, about }, (error) => (error ? reject(error) : undefined));
    });
  }

  async stop() {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }
}
