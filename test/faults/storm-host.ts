import { EXDATA_CLOCK } from 'nestjs-exdata';
import type { ExdataSubmission } from 'nestjs-exdata';
import { ExdataHealthIndicator, ExdataHealthModule } from 'nestjs-exdata/terminus';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';

/** A host whose time the test moves, and whose log and health it reads. */
export class StormHost {
  private constructor(
    readonly host: Host,
    readonly clock: ShiftedClock,
  ) {}

  static async start({ extras, options, ...others }: HostOptions = {}, clock = new ShiftedClock()): Promise<StormHost> {
    const providers = [{ provide: EXDATA_CLOCK, useValue: clock }, ...(extras?.providers ?? [])];
    const work = { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200, ...options?.work };
    const host = await Host.start({
      imports: [ExdataHealthModule],
      ...others,
      extras: { isGlobal: true, ...extras, providers },
      options: { ...options, work },
    });
    return new StormHost(host, clock);
  }

  submit(id: string): Promise<ExdataSubmission> {
    return this.host.uploads.submit({
      source: { type: 'invoice', id },
      file: Buffer.from(`%PDF-1.4 ${id}`),
      filename: `${id}.pdf`,
    });
  }

  linesOf(event: string): string[] {
    return this.host.lines.filter((line) => line.startsWith(event));
  }

  async health(): Promise<object | undefined> {
    return (await this.host.app.get(ExdataHealthIndicator).isHealthy('exdata')).exdata;
  }
}
