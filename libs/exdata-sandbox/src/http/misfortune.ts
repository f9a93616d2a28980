import type { ServerResponse } from 'node:http';
import type { HeldAnswers } from '../faults/held-answers.js';
import type { RequestFault } from '../faults/request-fault.js';
import { takeBody } from './body.js';
import type { Exchange } from './exchange.js';
import type { Reply } from './reply.js';
import type { Sending } from './sending.js';

/** Plays what a scripted fault does to a request. */
export class Misfortune {
  constructor(
    private readonly sending: Sending,
    private readonly held: HeldAnswers,
  ) {}

  /** @param carryOut does what was asked for */
  async befall(
    exchange: Exchange,
    response: ServerResponse,
    fault: RequestFault,
    carryOut: () => Promise<Reply>,
  ): Promise<void> {
    exchange.line.update({ faulty: true });
    if (fault.takeBytesPerSecond !== undefined) exchange.slowDown(fault.takeBytesPerSecond);
    if (fault.cut === 'request') {
      await takeBody(exchange.body, fault.afterBytes ?? 0);
      exchange.line.update({ outcome: 'cut' });
      exchange.request.socket.destroy();
      return;
    }
    const accepted = (fault.accept ?? fault.respond === undefined) ? await carryOut() : undefined;
    if (accepted === undefined) await takeBody(exchange.body);
    if (fault.delayMs !== undefined) {
      exchange.line.update({ outcome: 'delayed', documentId: accepted?.documentId ?? null });
      await this.held.wait(fault.delayMs, exchange.request.socket);
    }
    const reply = {
      documentId: accepted?.documentId,
      settle: accepted?.settle,
      ...(fault.respond ?? accepted ?? { status: 500 }),
    };
    if (fault.cut === undefined) await this.sending.send(exchange, response, reply, fault.alter);
    else await this.sending.breakOff(exchange, reply, fault, fault.alter);
  }
}
