import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings } from './settings.js';

/** Injects the {@link Settings}. */
export const SETTINGS = Symbol('SETTINGS');

/**
 * Makes the settings known to the whole application. They are read before it exists, since the simulator and telemetry
 * start first.
 */
@Module({})
export class SettingsModule {
  static of(settings: Settings): DynamicModule {
    return {
      module: SettingsModule,
      global: true,
      providers: [{ provide: SETTINGS, useValue: settings }],
      exports: [SETTINGS],
    };
  }
}
