import type { FactoryProvider, InjectionToken, OptionalFactoryDependency } from '@nestjs/common';
import { ExdataError } from './api/index.js';

/** A provider whose factory's parameters are told by the tokens, in order. */
export function make<T>(
  provide: InjectionToken,
  inject: (InjectionToken | OptionalFactoryDependency)[],
  useFactory: FactoryProvider<T>['useFactory'],
): FactoryProvider<T> {
  return { provide, inject, useFactory };
}

/** What a log line may say of an error. */
const nameOf = (error: unknown): string => (error instanceof ExdataError ? error.code : error instanceof Error ? error.name : 'unknown');
}
