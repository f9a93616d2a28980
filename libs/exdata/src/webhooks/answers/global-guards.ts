import { Injectable } from '@nestjs/common';
import type { CanActivate, OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { ExdataLog } from '../../telemetry/index.js';
import { ExdataWebhookGuard } from '../webhook.guard.js';
import { exemptWebhook } from './answers-of-others.js';
import { Inject } from '../../injection/index.js';

type ScopedGuard = ReturnType<ApplicationConfig['getGlobalRequestGuards']>[number];

/** Says at start that global guards of the host stand before the webhook, where nothing exempts it from them. */
@Injectable()
export class GlobalGuards implements OnApplicationBootstrap {
  constructor(
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  onApplicationBootstrap(): void {
    // A process that only works has no routes.
    if (!(this.http.httpAdapter as unknown)) return;
    const bound = this.application.getGlobalGuards().filter((guard) => !(guard instanceof ExdataWebhookGuard));
    const names = new Set([...bound.map(nameOf), ...this.application.getGlobalRequestGuards().map(nameOfScoped)]);
    if (names.size > 0)
      this.log.warn('webhook.global_guards', {}, { guards: [...names].join(','), fix: exemptWebhook });
  }
}

function nameOf(guard: CanActivate): string {
  return guard.constructor.name;
}

/** A guard of each request has no instance yet, and one that a factory makes has no class. */
function nameOfScoped({ metatype, inject }: ScopedGuard): string {
  return metatype && !inject ? metatype.name : 'APP_GUARD';
}
