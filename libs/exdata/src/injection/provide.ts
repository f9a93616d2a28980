import type { ExistingProvider, FactoryProvider, ValueProvider } from '@nestjs/common';
import type { Token } from './token.js';

/** What may be missing. */
interface Optional<T> {
  readonly token: Token<T>;
  readonly optional: true;
}
type Dependency<T> = Token<T> | Optional<T>;

/** What the tokens stand for, in their order. */
type Injected<Tokens extends readonly unknown[]> = {
  [Index in keyof Tokens]: Tokens[Index] extends Optional<infer T>
    ? T | undefined
    : Tokens[Index] extends Token<infer T>
      ? T
      : never;
};

/**
 * A provider that is computed. Does not compile where the factory takes the tokens in another order, or makes something
 * else.
 */
export function provide<T, const Tokens extends readonly Dependency<unknown>[]>(
  token: Token<T>,
  inject: Tokens,
  make: (...injected: Injected<Tokens>) => NoInfer<T> | Promise<NoInfer<T>>,
): FactoryProvider<T> {
  return { provide: token, inject: [...inject], useFactory: make as FactoryProvider<T>['useFactory'] };
}

/** Injects `undefined` where the application has none. */
export function optional<T>(token: Token<T>): Optional<T> {
  return { token, optional: true };
}

/** A provider that is there already. */
export function provideValue<T>(token: Token<T>, useValue: NoInfer<T>): ValueProvider<T> {
  return { provide: token, useValue };
}

/** Another name for a provider. */
export function provideExisting<T>(token: Token<T>, useExisting: Token<NoInfer<T>>): ExistingProvider<T> {
  return { provide: token, useExisting };
}
