import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Accounts } from '../accounts/accounts.js';
import type { SandboxClock } from '../clock/clock.js';
import type { RequestFacts, RequestFault } from '../faults/request-fault.js';
import type { Journal } from '../journal/journal.js';
import type { SandboxLimits } from '../limits.js';
import type { SeededRandom } from '../random.js';
import type { Script } from '../script.js';
import type { Api } from './api.js';
import { takeBody } from './body.js';
import { Exchange } from './exchange.js';
import { AbortedRequestError } from './multipart.js';
import { ApiProblem } from './problem.js';
import { encodeReply, problemReply, type Reply } from './reply.js';

/** Answers requests that are not for the API; undefined: not for it either. */
export type SideDoor = (request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined;

interface ServerOptions {
  readonly api: Api;
  readonly accounts: Accounts;
  readonly clock: SandboxClock;
  readonly faults: Script<RequestFacts, RequestFault>;
  readonly journal: Journal;
  readonly limits: SandboxLimits;
  readonly random: SeededRandom;
  readonly sideDoor: SideDoor | undefined;
}

const prefix = '/api/v1';

/** HTTP around the API: request ids, the journal, faults, and errors in the envelope. */
export class SandboxServer {
  private readonly server: Server;

  constructor(private readonly options: ServerOptions) {
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
    const { accounts, journal, clock, random, faults } = this.options;
    const exchange = new Exchange(request, accounts, journal, clock, random);
    const { method, path, idempotencyKey, headers } = exchange.line.entry;
    const fault = faults.take({ method, path, idempotencyKey, headers });
    try {
      if (fault === undefined) await this.send(exchange, response, await this.answer(exchange));
      else await this.goWrong(exchange, response, fault);
    } catch (error) {
      // The client has gone: there is nobody to answer.
      exchange.line.update({ outcome: 'aborted' });
      request.destroy(error instanceof Error ? error : undefined);
    }
  }

  private async answer(exchange: Exchange): Promise<Reply> {
    try {
      const { pathname } = exchange.url;
      if (!pathname.startsWith(`${prefix}/`)) throw ApiProblem.notFound();
      return await this.options.api.answer(exchange, pathname.slice(prefix.length));
    } catch (error) {
      if (error instanceof ApiProblem) return problemReply(error);
      if (error instanceof AbortedRequestError) throw error;
      return problemReply(new ApiProblem(500, 'server_error', error instanceof Error ? error.message : 'Server error.'));
    }
  }

  private async goWrong(exchange: Exchange, response: ServerResponse, fault: RequestFault): Promise<void> {
    const { clock } = this.options;
    exchange.line.update({ faulty: true });
    if (fault.cut === 'request') {
      await takeBody(exchange.request, fault.afterBytes ?? 0);
      this.cut(exchange);
      return;
    }
    const accepted = (fault.accept ?? fault.respond === undefined) ? await this.answer(exchange) : undefined;
    if (accepted === undefined) await takeBody(exchange.request);
    if (fault.delayMs !== undefined) {
      const { delayMs } = fault;
      const over = new Promise<void>((resolve) => void clock.setTimeout(resolve, delayMs));
      exchange.line.update({ outcome: 'delayed', documentId: accepted?.documentId ?? null });
      await over;
    }
    if (fault.cut === 'answer') {
      accepted?.settle?.();
      this.cut(exchange, accepted);
      return;
    }
    await this.send(exchange, response, {
      documentId: accepted?.documentId,
      settle: accepted?.settle,
      ...(fault.respond ?? accepted ?? { status: 500 }),
    });
  }

  private cut(exchange: Exchange, reply?: Reply): void {
    exchange.line.update({
      outcome: 'cut',
      status: reply?.status ?? null,
      documentId: reply?.documentId ?? exchange.line.entry.documentId,
    });
    exchange.request.socket.destroy();
  }

  private async send(exchange: Exchange, response: ServerResponse, reply: Reply): Promise<void> {
    reply.settle?.();
    // A client that is still sending would see a reset instead of the answer.
    await takeBody(exchange.request);
    const { headers, body } = encodeReply(reply, exchange.requestId);
    const code = typeof reply.body === 'object' && 'code' in reply.body ? reply.body.code : null;
    // Said before it is sent, so that whoever has the answer finds it in the journal.
    exchange.line.update({
      outcome: 'answered',
      status: reply.status,
      code: typeof code === 'string' ? code : null,
      documentId: reply.documentId ?? exchange.line.entry.documentId,
      replayed: reply.replayed ?? false,
    });
    response.writeHead(reply.status, headers).end(body);
  }
}
