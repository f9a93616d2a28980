import { request as httpRequest } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';

export interface Request {
  readonly method: string;
  readonly body: string | Buffer;
  /** An array sends the header several times, `null` not at all. */
  readonly headers: Readonly<Record<string, string | string[] | null>>;
  /** Sends the body in chunks, without Content-Length. */
  readonly chunked?: boolean;
  /** Whose connections are used; without it the request has one of its own. */
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Opens a request of which nothing but the headers has been sent. */
export function open(
  url: string,
  { method, headers, agent }: Pick<Request, 'method' | 'headers' | 'agent'>,
): ClientRequest {
  const given = Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== null);
  return httpRequest(url, { method, agent: agent ?? false, headers: Object.fromEntries(given) });
}

/** Sends one request, byte for byte; on a connection of its own, unless an agent is given. */
export function send(url: string, { body, chunked = false, ...rest }: Request): Promise<Answer> {
  const bytes = Buffer.from(body);
  const length: Record<string, string> = chunked
    ? { 'Transfer-Encoding': 'chunked' }
    : { 'Content-Length': String(bytes.length) };
  const request = open(url, { ...rest, headers: { ...length, ...rest.headers } });
  const answer = answerTo(request);
  request.end(bytes);
  return answer;
}

/** What a request is answered, also while its body is still on the way. */
export function answerTo(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answered = false;
    request.on('error', (error) => {
      // A server that has answered need not listen to the rest.
      if (!answered) reject(error);
    });
    request.on('response', (response) => {
      answered = true;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
  });
}
