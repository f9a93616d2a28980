import type { DataSource } from 'typeorm';
import { In } from 'typeorm';
import { exdataModes } from '../dispatch/index.js';
import type { ExdataMode } from '../dispatch/index.js';
import { ExdataLink, ExdataHandlerRun } from '../documents/index.js';
import { ExdataDelivery, ExdataDeliveryRun } from '../webhooks/index.js';

/** How much is open in a mode: rows that a process of that mode would work on. */
export interface OpenInMode {
  readonly mode: ExdataMode;
  readonly documents: number;
  readonly deliveries: number;
  /** Of handlers of both kinds. */
  readonly handlerRuns: number;
}

/** What a process leaves alone that is open in the modes that are not its own; none of those with nothing open. */
export async function openInOtherModes({ manager }: DataSource, own: ExdataMode): Promise<OpenInMode[]> {
  const open: OpenInMode[] = [];
  for (const mode of exdataModes.filter((each) => each !== own)) {
    const documents = await manager.countBy(ExdataLink, {
      mode,
      state: In(['queued', 'uploading', 'unconfirmed', 'pending']),
    });
    const deliveries = await manager.countBy(ExdataDelivery, { mode, outcome: 'open' });
    const runs = await manager.countBy(ExdataHandlerRun, { mode, outcome: 'open' });
    const handlerRuns = runs + (await manager.countBy(ExdataDeliveryRun, { mode, outcome: 'open' }));
    if (documents + deliveries + handlerRuns > 0) open.push({ mode, documents, deliveries, handlerRuns });
  }
  return open;
}
