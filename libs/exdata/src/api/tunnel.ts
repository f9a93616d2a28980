import { request as requestHttp } from 'node:http';
import type { ClientRequest } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { failureOn, ProxyFailure, refusalOf } from './proxy-failure.js';
import type { Timers } from './timers.js';

/** Opens a connection, and calls back once. The returned function gives it up. */
export type Connect = (...given: Parameters<buildConnector.connector>) => () => void;

/** So long may a proxy take to open a tunnel, in milliseconds; as long as undici gives a connection. */
const tunnelMs = 10_000;

/**
 * Connections through a proxy: tunnels (CONNECT, RFC 9110, 9.3.6), so that token and documents pass it encrypted. Each
 * is asked for once. undici's ProxyAgent asks again without end where the proxy closes the connection, and no call's
 * time ends that.
 */
export function tunnelThrough(proxy: URL, { after }: Timers): Connect {
  const secure = buildConnector({});
  return (options, callback) => {
    const { hostname, port, protocol } = options;
    const isSecure = protocol === 'https:';
    const host = hostname.includes(':') ? `[${hostname}]` : hostname;
    const asking = ask(proxy, `${host}:${port || (isSecure ? 443 : 80)}`);
    const cancel = after(tunnelMs, () =>
      asking.destroy(new ProxyFailure(proxy.host, `did not answer within ${tunnelMs} ms`)),
    );
    let tunnel: Socket | undefined;
    asking.once('error', (error) => {
      cancel();
      callback(error instanceof ProxyFailure ? error : failureOn(proxy.host, error), null);
    });
    asking.once('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      cancel();
      socket.on('error', ignore);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        callback(refusalOf(proxy.host, statusCode), null);
        return;
      }
      tunnel = socket;
      if (head.length > 0) socket.unshift(head);
      if (isSecure) secure({ ...options, httpSocket: socket }, callback);
      else callback(null, socket.setNoDelay(true));
    });
    return () => {
      cancel();
      asking.destroy();
      tunnel?.destroy();
    };
  };
}

function ask(proxy: URL, target: string): ClientRequest {
  const request = proxy.protocol === 'https:' ? requestHttps : requestHttp;
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const asking = request({
    method: 'CONNECT',
    host,
    port: proxy.port,
    // Else Node.js would look for the name in the header, which is exdata's, in the certificate of the proxy. An IP
    // address is no such name.
    servername: isIP(host) === 0 ? host : '',
    path: target,
    headers: { host: target, ...credentialsOf(proxy) },
    agent: false,
  });
  asking.end();
  return asking;
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
}

/** What fails later is told by what reads from it. */
function ignore(): void {
  return undefined;
}
