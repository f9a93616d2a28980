import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

/**
 * What stood in the asynchronous context when this file was loaded: nothing, in an application that is started in the
 * usual way.
 */
const inFirstContext = AsyncLocalStorage.snapshot();

/**
 * Runs `work` in an asynchronous context of its own, so that no AsyncLocalStorage of the caller reaches it: no tenant
 * or request of the host's, no span. Whoever awaits the result goes on in their own context.
 */
export function inOwnContext<T>(work: () => T): T {
  // A resource for each piece of work: where a handler calls `enterWith`, what it enters must not be there for the next
  // one.
  const resource = inFirstContext(() => new AsyncResource('ExdataWork', { requireManualDestroy: true }));
  return resource.runInAsyncScope(work);
}
