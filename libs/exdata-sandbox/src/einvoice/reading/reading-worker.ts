import { parentPort, workerData } from 'node:worker_threads';
import type { SandboxLimits } from '../../limits.js';
import { readHere } from './reading.js';

/** The thread that files are read in: it may be ended at any moment, and takes nothing with it. */
const limits = workerData as SandboxLimits;
parentPort?.on('message', (bytes: Uint8Array) => {
  void readHere(bytes, limits).then((told) => parentPort?.postMessage(told));
});
// Loading the parsers is no file's time.
parentPort?.postMessage('ready');
