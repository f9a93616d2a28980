import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Accounts } from '../accounts/accounts.js';
import type { RequestRates } from '../accounts/request-rates.js';
import type { SandboxClock } from '../clock/clock.js';
import type { HeldAnswers } from '../faults/held-answers.js';
import type { RequestFacts, RequestFault } from '../faults/request-fault.js';
import type { Journal } from '../journal/journal.js';
import type { SeededRandom } from '../random.js';
import type { Readings } from '../readings.js';
import type { Script } from '../script.js';
import type { Api } from './api.js';
import { Exchange } from './exchange.js';
import { Misfortune } from './misfortune.js';
import { AbortedRequestError } from './multipart.js';
import { ApiProblem } from './problem.js';
import { problemReply, type Reply } from './reply.js';
import { Sending } from './sending.js';

/** Answers requests that are not for the API; undefined: not for it either. */
export type SideDoor = (request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined;

interface ServerOptions {
  readonly api: Api;
  readonly accounts: Accounts;
  readonly rates: RequestRates;
  readonly clock: SandboxClock;
  readonly readings: Readings;
  readonly faults: Script<RequestFacts, RequestFault>;
  readonly held: HeldAnswers;
  readonly journal: Journal;
  readonly random: SeededRandom;
  readonly sideDoor: SideDoor | undefined;
}

/** HTTP around the API: request ids, the journal, faults, and errors in the envelope. */
export class SandboxServer {
  private readonly server: Server;
  private readonly sending: Sending;
  private readonly misfortune: Misfortune;

  constructor(private readonly options: ServerOptions) {
    this.sending = new Sending(options.held);
    this.misfortune = new Misfortune(this.sending, options.held);
    // A 500 MB upload over a slow line may take longer than Node's five minutes.
    this.server = createServer({ requestTimeout: 0 }, (request, response) => {
      void (this.options.sideDoor?.(request, response) ?? this.handle(request, response));
    });
  }

  /** @param port 0: any free one @returns the port */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The simulator has no port.');
    return address.port;
  }

  /** Ends all connections, also those that wait for an answer. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(request, this.options);
    const fault = this.options.faults.take(exchange.facts);
    try {
      if (fault === undefined) await this.sending.send(exchange, response, await this.answer(exchange));
      else await this.misfortune.befall(exchange, response, fault, () => this.answer(exchange));
    } catch (error) {
      // The client has gone: there is nobody to answer.
      exchange.line.update({ outcome: 'aborted' });
      request.destroy(error instanceof Error ? error : undefined);
    }
  }

  private async answer(exchange: Exchange): Promise<Reply> {
    try {
      return await this.options.api.answer(exchange);
    } catch (error) {
      if (error instanceof ApiProblem) return problemReply(error);
      if (error instanceof AbortedRequestError) throw error;
      return problemReply(
        new ApiProblem(500, 'server_error', error instanceof Error ? error.message : 'Server error.'),
      );
    }
  }
}
