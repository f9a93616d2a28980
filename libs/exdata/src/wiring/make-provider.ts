import type { FactoryProvider, InjectionToken, OptionalFactoryDependency } from '@nestjs/common';
import { ExdataError } from '../api/index.js';

/** A provider whose factory's parameters are told by the tokens, in order. */
export function make<T>(
  provide: InjectionToken,
  inject: (InjectionToken | OptionalFactoryDependency)[],
  useFactory: FactoryProvider<T>['useFactory'],
): FactoryProvider<T> {
  return { provide, inject, useFactory };
}

/** What a log line may say of an error. */
export function errorName(error: unknown): string {
  if (error instanceof ExdataError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
