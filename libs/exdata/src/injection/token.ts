import type { Abstract } from '@nestjs/common';

declare const held: unique symbol;

/** A symbol to inject by, which says what stands under it. */
export type SymbolToken<T> = symbol & { readonly [held]: () => T };

/** What a T is injected by. */
export type Token<T> = SymbolToken<T> | Abstract<T>;

/** In the global registry, since the package may be loaded twice: as ES modules and as CommonJS. */
export function token<T>(name: string): SymbolToken<T> {
  return Symbol.for(`nestjs-exdata:${name}`) as SymbolToken<T>;
}
