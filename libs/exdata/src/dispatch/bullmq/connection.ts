/**
 * Rejects unless the queue's connection to Redis stands; waits for the first one. BullMQ 6 keeps the client behind a
 * backend, BullMQ 5 has it on the queue; where there is none to be seen, the backend is another store, which is left to
 * tell for itself.
 */
export async function whenConnected(queue: object): Promise<void> {
  const client = await clientOf(queue);
  if (!hasStatus(client)) return;
  // A cluster has no state beyond 'connect'.
  if (client.status !== 'ready' && client.status !== 'connect')
    throw new Error(`the connection is ${String(client.status)}`);
}

/**
 * A client that fails before it has tried the network never comes to life, and BullMQ's worker would try it again
 * without a pause.
 * @throws {Error} such as for a driver that is not installed
 */
export async function refuseWithoutClient(queue: object): Promise<void> {
  const client = clientOf(queue);
  client.catch(() => undefined);
  await Promise.race([client, new Promise(setImmediate)]).catch((error: unknown) => {
    throw new Error(`nestjs-exdata/bullmq cannot start: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  });
}

/**
 * Ends the queue's connection while Redis is away. A client of ioredis that waits for its next attempt to connect takes
 * `disconnect` for "attempt no more", and keeps the commands that it was given: whoever closes the queue in good order
 * would wait behind them for ever. Told so in the midst of an attempt, it lets them fail.
 */
export async function endConnection(queue: { disconnect(): Promise<void> }): Promise<void> {
  const client = await clientOf(queue);
  if (hasStatus(client) && client.status === 'reconnecting' && isRedisClient(client)) {
    client.connect().catch(() => undefined);
    client.disconnect();
    return;
  }
  await queue.disconnect();
}

async function clientOf(queue: object): Promise<unknown> {
  const holder = hasBackend(queue) ? queue.getBackend() : queue;
  return typeof holder === 'object' && holder !== null && 'client' in holder ? await holder.client : undefined;
}

function hasBackend(queue: object): queue is { getBackend(): unknown } {
  return 'getBackend' in queue && typeof queue.getBackend === 'function';
}

function hasStatus(client: unknown): client is { readonly status: unknown } {
  return typeof client === 'object' && client !== null && 'status' in client;
}

function isRedisClient(client: object): client is { connect(): Promise<unknown>; disconnect(): void } {
  return (
    'connect' in client &&
    typeof client.connect === 'function' &&
    'disconnect' in client &&
    typeof client.disconnect === 'function'
  );
}
