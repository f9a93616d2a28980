import { randomBytes } from 'node:crypto';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { ExdataConnection, SimulatedExdata } from '../settings/settings.js';

/** A stand-in for exdata that lives and dies with this process. */
export interface Simulator {
  readonly connection: ExdataConnection;
  /** From now on its webhooks go to `url`. */
  deliverTo(url: string): void;
  close(): Promise<void>;
}
