/** How often a pending document is looked at while its webhook has not come, in milliseconds. */
export interface PollSchedule {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * When to look next (epoch ms): the waits grow with the time the document has been pending, so that nothing but that
 * time has to be kept.
 */
export function nextPollAt(schedule: PollSchedule, pendingSince: number, now: number): number {
  return now + Math.min(schedule.maxMs, Math.max(schedule.firstMs, now - pendingSince));
}
