import { getQueueToken } from '@nestjs/bull';
import type { Queue as BullQueue } from 'bull';
import type { Queue as BullMqQueue } from 'bullmq';
import type { Site } from './site.js';

/** What a dashboard shows of a job. */
export interface JobView {
  readonly state: string;
  readonly attempts: number;
  readonly reason: string | undefined;
  readonly data: unknown;
}

/** A queue as a host's own code, or a dashboard, gets hold of it. Both packages bind a queue to the same token. */
export function queueOf(site: Site, name = 'exdata'): BullQueue | BullMqQueue {
  if (!site.app) throw new Error('work in process has no queue');
  return site.app.get<BullQueue | BullMqQueue>(getQueueToken(name), { strict: false });
}

export async function jobOf(site: Site, row: string, queue = 'exdata'): Promise<JobView | null> {
  const job = await queueOf(site, queue).getJob(`poll-${row}`);
  if (!job) return null;
  return {
    state: await job.getState(),
    attempts: job.attemptsMade,
    reason: job.failedReason,
    data: job.data as unknown,
  };
}

/** The states that the job of a row may take are few, and it takes the last one a moment after its row was written. */
export const hasState = async (site: Site, row: string, state: string): Promise<boolean> =>
  (await jobOf(site, row))?.state === state;
