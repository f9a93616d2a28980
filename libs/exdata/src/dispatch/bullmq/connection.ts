/**
 * Rejects unless the queue's connection to Redis stands; waits for the first one. BullMQ 6 keeps the client behind a backend, BullMQ 5
 * has it on the queue; where there is none to be seen, the backend is another store, which is left to tell for itself.
 */
export async function whenConnected(queue: object): Promise<void> {
  const client = await clientOf(hasBackend(queue) ? queue.getBackend() : queue);
  if (typeof client !== 'object' || client === null || !('status' in client)) return;
  // A cluster has no state beyond 'connect'.
  if (client.status !== 'ready' && client.status !== 'connect') throw new Error(`the connection is ${String(client.status)}`);
}

async function clientOf(holder: unknown): Promise<unknown> {
  return typeof holder === 'object' && holder !== null && 'client' in holder ? await holder.client : undefined;
}

function hasBackend(queue: object): queue is { getBackend(): unknown } {
  return 'getBackend' in queue && typeof queue.getBackend === 'function';
}
