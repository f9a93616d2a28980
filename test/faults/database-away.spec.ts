import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ExdataDatabaseError, exdataUploadRefusalOf } from 'nestjs-exdata';
import type { ExdataSubmission } from 'nestjs-exdata';
import { ExdataHealthIndicator, ExdataHealthModule } from 'nestjs-exdata/terminus';
import { Host, secret, sign } from '../life/host.js';
import { describeWithPostgresProgram, PostgresServer } from '../postgres-server.js';
import { patienceMs } from '../until.js';

describeWithPostgresProgram('a database that goes away and comes back', () => {
  let postgres: PostgresServer;
  let host: Host;
  beforeAll(async () => {
    postgres = await PostgresServer.start();
    const work = { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 };
    const database = { type: 'postgres', url: postgres.url } as const;
    host = await Host.start({ database, extras: { isGlobal: true }, imports: [ExdataHealthModule], options: { work } });
  });
  afterAll(async () => {
    await host.close();
    await postgres.remove();
  });

  const submit = (id: string): Promise<ExdataSubmission> =>
    host.uploads.submit({
      source: { type: 'invoice', id },
      file: Buffer.from(`%PDF-1.4 ${id}`),
      filename: `${id}.pdf`,
    });
  const linesOf = (event: string): string[] => host.lines.filter((line) => line.startsWith(event));
  const health = async (): Promise<Record<string, unknown>> => ({
    ...(await host.app.get(ExdataHealthIndicator).isHealthy('exdata')).exdata,
  });
  const deliver = (body: Buffer): Promise<Response> => {
    const headers = {
      'content-type': 'application/json',
      'x-signature': sign(secret, body),
      'x-delivery': crypto.randomUUID(),
    };
    return fetch(host.url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { ...headers, 'x-timestamp': String(Math.floor(Date.now() / 1000)) },
    });
  };

  it('has uploads and deliveries refused with a wait, unroutes the process, costs a line, and lets all go on', async () => {
    await host.pending('before');
    await postgres.stop();

    const refused: unknown = await submit('during').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ExdataDatabaseError);
    expect(refused).toMatchObject({ code: 'database_unavailable', retryable: true, source: { id: 'during' } });
    expect(exdataUploadRefusalOf(refused)).toMatchObject({
      status: 503,
      body: { code: 'database_unavailable' },
      retryAfterSeconds: 10,
    });
    const answer = await deliver(Buffer.from('{"data":{"id":1}}'));
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
    const ill = await health();
    expect(ill).toMatchObject({ status: 'down', code: 'database_unavailable' });
    expect(JSON.stringify(ill)).not.toMatch(/ECONN|127\.0\.0\.1|password|terminat/i);

    for (let time = 0; time < 50; time++) await submit('during').catch(() => undefined);
    const seen = async (): Promise<number> => {
      const { faults = [] } = (await health()) as { faults?: { kind: string; count: number }[] };
      return faults.find(({ kind }) => kind === 'database')?.count ?? 0;
    };
    await host.until(async () => (await seen()) > 50);
    expect(linesOf('database.failed')).toHaveLength(1);
    expect([...linesOf('work.failed'), ...linesOf('inbox.')]).toEqual([]);

    await postgres.start();
    await host.until(() =>
      submit('during').then(
        () => true,
        () => false,
      ),
    );
    await host.documents.waitFor({ type: 'invoice', id: 'during' }, { until: 'pending', timeoutMs: patienceMs });
    await host.until(() => linesOf('database.recovered').length > 0);
    expect((await deliver(Buffer.from('{"data":{"id":2}}'))).status).toBe(204);
    expect(await health()).toEqual({ status: 'up' });
  });
});
