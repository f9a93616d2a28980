import process from 'node:process';
import { Agent, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { environmentProxy, variableFaults } from '../proxies/index.js';
import { ExdataConfigurationError } from './errors.js';
import type { Timers } from './timers.js';
import { tunnelThrough } from './tunnel.js';
import type { Connect } from './tunnel.js';

/**
 * How exdata is reached: `false` for directly, the http(s) address of a proxy, or `environment` for what `HTTPS_PROXY`,
 * `HTTP_PROXY` and `NO_PROXY` say.
 */
export type ExdataProxy = string | URL | false;

/** Connections of a client's own to the one origin. */
export class Connections {
  readonly dispatcher: Dispatcher;
  /** Gives up each connection that is being opened. */
  readonly #opening = new Set<() => void>();

  /**
   * @throws {ExdataConfigurationError} naming each variable of the environment that holds no address of a proxy,
   * without what it holds
   */
  constructor(origin: string, proxy: ExdataProxy, timers: Timers) {
    const through = proxyTo(origin, proxy);
    const connect = through === null ? directly() : tunnelThrough(new URL(through), timers);
    this.dispatcher = new Agent({ connect: this.#followed(connect) });
  }

  /**
   * @param calls settles once none waits for an answer any more; a connection that then is not open yet is for nobody
   */
  async close(calls: Promise<unknown>): Promise<void> {
    const closing = this.dispatcher.close();
    await calls;
    for (const giveUp of this.#opening) giveUp();
    await closing;
  }

  #followed(connect: Connect): buildConnector.connector {
    return (options, callback) => {
      let isOver = false;
      let cancel = (): void => undefined;
      const over = (...ended: Parameters<typeof callback>): void => {
        if (isOver) return void ended[1]?.on('error', () => undefined).destroy();
        isOver = true;
        this.#opening.delete(giveUp);
        callback(...ended);
      };
      const giveUp = (): void => {
        over(new Error('nobody waits for the connection any more'), null);
        cancel();
      };
      this.#opening.add(giveUp);
      cancel = connect(options, over);
    };
  }
}

function proxyTo(origin: string, proxy: ExdataProxy): string | null {
  if (proxy === false) return null;
  if (proxy !== 'environment') return String(proxy);
  const faults = variableFaults([origin], process.env).map(({ variable, fault }) => `${variable} ${fault}`);
  if (faults.length > 0)
    throw new ExdataConfigurationError(`ExdataApi cannot work with the environment: ${faults.join('; ')}`);
  return environmentProxy(origin, process.env);
}

function directly(): Connect {
  const connect = buildConnector({});
  return (options, callback) => {
    connect(options, callback);
    return () => undefined;
  };
}
