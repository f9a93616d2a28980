import { createLogger } from './logging/stdout-logger.js';
import { readSettings } from './settings/read-settings.js';
import { SettingsError } from './settings/settings.js';
import { startTelemetry } from './telemetry/start-telemetry.js';

/** A signal may come twice, from the process group and passed on by npm: the first one counts. */
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

/** Longer than the module's workers may take to finish what they have begun. */
const lastResortMs = 15_000;

try {
  const settings = readSettings(process.env, { isTerminal: process.stdout.isTTY });
  const endTelemetry = await startTelemetry(process.env);
  // Loaded only now: a bad setting is told at once, and telemetry is there before what it watches.
  const { startDemo } = await import('./demo.js');
  const demo = await startDemo(settings, createLogger(settings.logFormat));
  process.stdout.write(`demo ready ${demo.url}\n`);
  await asked;
  setTimeout(() => process.exit(1), lastResortMs).unref();
  await demo.close();
  await endTelemetry();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${wordsOf(error)}\n`);
  process.exit(1);
}

/**
 * A fault of the configuration, the demo's or the module's, says all that there is to say; of anything else the stack
 * helps.
 */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isConfiguration = error instanceof SettingsError || ('code' in error && error.code === 'configuration');
  return isConfiguration ? error.message : (error.stack ?? error.message);
}
