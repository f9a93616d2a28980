import type { AddressInfo, Server } from 'node:net';
import { type INestApplication, Logger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { dispatchingFor } from './dispatching/dispatching.js';
import { createHttpAdapter } from './http/http-adapter.js';
import { SampleService } from './sample/sample.service.js';
import type { Settings } from './settings/settings.js';
import type { Simulator } from './simulator/simulator.js';

/** A demo that listens. */
export interface Demo {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Ends it: takes no more requests, lets running work finish, closes the database. */
  close(): Promise<void>;
}

/**
 * Starts the demo and, where no exdata is configured, a simulator that it then shows itself off with.
 * @param logger where log lines go; `false` for nowhere
 */
export async function startDemo(settings: Settings, logger: LoggerService | false): Promise<Demo> {
  const simulator = await simulatorFor(settings);
  try {
    const app = await createApp(settings, simulator, logger);
    await app.listen(settings.http.port, settings.http.host);
    const url = urlOf(app);
    simulator?.deliverTo(`${url}/webhooks/exdata`);
    const sample = simulator && showSample(app);
    return {
      url,
      close: async () => {
        await sample?.stop();
        await app.close();
        await simulator?.close();
      },
    };
  } catch (error) {
    await simulator?.close();
    throw error;
  }
}

/** A demo that talks to a real exdata does not even load the simulator. */
async function simulatorFor({ exdata }: Settings): Promise<Simulator | null> {
  if (exdata.kind === 'service') return null;
  const { startSimulator } = await import('./simulator/simulator.js');
  return startSimulator(exdata);
}

async function createApp(
  settings: Settings,
  simulator: Simulator | null,
  logger: LoggerService | false,
): Promise<INestApplication> {
  const module = AppModule.of(settings, simulator, await dispatchingFor(settings.dispatch));
  return NestFactory.create(module, await createHttpAdapter(settings.http.adapter), {
    rawBody: true,
    abortOnError: false,
    logger,
  });
}

/** The sample is a side show: the demo serves while it runs and survives its failure. */
function showSample(app: INestApplication): { stop(): Promise<void> } {
  const stop = new AbortController();
  const shown = app
    .get(SampleService, { strict: false })
    .run(stop.signal)
    .catch((error: unknown) => {
      if (!stop.signal.aborted) new Logger('Sample').error(error);
    });
  return {
    stop: () => {
      stop.abort();
      return shown;
    },
  };
}

function urlOf(app: INestApplication): string {
  const server = app.getHttpServer() as Server;
  const { address, family, port } = server.address() as AddressInfo;
  // "Any address" is nowhere to go to.
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
