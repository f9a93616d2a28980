import type { ServerResponse } from 'node:http';
import type { HeldAnswers } from '../faults/held-answers.js';
import type { AlteredAnswer, RequestFault } from '../faults/request-fault.js';
import { alterAnswer, rawAnswer, writeAnswer, type Answer } from './answer.js';
import { takeBody } from './body.js';
import type { Exchange } from './exchange.js';
import { encodeReply, type Reply } from './reply.js';

type Cut = Pick<RequestFault, 'cut' | 'afterBytes'>;

/** Sends answers, whole or in part, and says in the journal what became of them. */
export class Sending {
  constructor(private readonly held: HeldAnswers) {}

  /** Answers by the rules, but for what is altered. */
  async send(exchange: Exchange, response: ServerResponse, reply: Reply, altered: AlteredAnswer = {}): Promise<void> {
    reply.settle?.();
    // A client that is still sending would see a reset instead of the answer.
    await takeBody(exchange.body);
    // Said before it is sent, so that whoever has the answer finds it in the journal.
    const answer = this.write(exchange, 'answered', reply, altered);
    await writeAnswer(response, answer, altered, this.held);
  }

  /** Carries the answer so far and closes the connection. */
  async breakOff(
    exchange: Exchange,
    reply: Reply,
    { cut, afterBytes = 0 }: Cut,
    altered: AlteredAnswer = {},
  ): Promise<void> {
    reply.settle?.();
    await takeBody(exchange.body);
    const { head, body } = rawAnswer(this.write(exchange, 'cut', reply, altered));
    const bytes = Buffer.concat([head, body]).subarray(
      0,
      cut === 'answer-body' ? head.length + afterBytes : afterBytes,
    );
    const { socket } = exchange.request;
    if (bytes.length > 0) await new Promise<void>((resolve) => void socket.write(bytes, () => resolve()));
    socket.destroy();
  }

  private write(exchange: Exchange, outcome: 'answered' | 'cut', reply: Reply, altered: AlteredAnswer): Answer {
    const status = altered.status ?? reply.status;
    const body = alterData(reply.body, altered.data);
    const requestId = exchange.requestId(status);
    const code = typeof body === 'object' && 'code' in body ? body.code : null;
    exchange.line.update({
      outcome: exchange.request.socket.destroyed ? 'aborted' : outcome,
      status,
      requestId,
      code: typeof code === 'string' ? code : null,
      documentId: reply.documentId ?? exchange.line.entry.documentId,
      replayed: reply.replayed ?? false,
    });
    return alterAnswer({ status, ...encodeReply({ ...reply, status, body }, requestId) }, altered);
  }
}

function alterData(body: Reply['body'], data: AlteredAnswer['data']): Reply['body'] {
  if (data === undefined || typeof body !== 'object' || body instanceof Uint8Array) return body;
  const before = body.data;
  return { ...body, data: typeof before === 'object' && !Array.isArray(before) ? { ...before, ...data } : data };
}
