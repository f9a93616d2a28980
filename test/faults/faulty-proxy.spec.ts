import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExdataHealthIndicator, ExdataHealthModule } from 'nestjs-exdata/terminus';
import { Host } from '../life/host.js';

describe('a proxy that is at fault', () => {
  let proxy: Server;
  let host: Host;
  let address: string;
  const sockets = new Set<Socket>();
  beforeEach(async () => {
    proxy = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'));
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const options = {
      proxy: `http://corp:geheim123@${address}`,
      work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 },
    };
    host = await Host.start({ imports: [ExdataHealthModule], options });
  });
  afterEach(async () => {
    await host.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  it('is told of as such in one line and by health, and the upload waits', async () => {
    const source = { type: 'invoice', id: 'a' };
    await host.uploads.submit({ source, file: Buffer.from('%PDF-1.4 a'), filename: 'a.pdf' });
    const retries = `select count(*) as tries from exdata_document_event where what = 'upload.retry'`;
    await host.until(async () => Number((await host.database.query<{ tries: number }[]>(retries))[0]?.tries) >= 2);
    const lines = host.lines.filter((line) => line.startsWith('exdata.failed'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${address} refused the way to exdata with 407`);
    expect((await host.app.get(ExdataHealthIndicator).isHealthy('exdata')).exdata).toMatchObject({
      status: 'up',
      faults: [{ kind: 'exdata' }],
    });
    expect(host.lines.join('\n')).not.toMatch(/geheim123|Z2VoZWlt/);
  });
});
