import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** Where a request's file lies until the module has spooled it. */
@Injectable()
export class IncomingFolder implements OnApplicationShutdown {
  readonly path = mkdtempSync(path.join(tmpdir(), 'exdata-demo-'));

  async onApplicationShutdown(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
