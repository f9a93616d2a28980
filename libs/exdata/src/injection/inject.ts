import { Inject as nestInject } from '@nestjs/common';
import type { InjectionToken } from '@nestjs/common';
import type { Token } from './token.js';

type Constructor = abstract new (...parts: never[]) => unknown;

/** The class again where its parameter takes a T, and else something that no class is. */
type TakerOf<T, Class extends Constructor, Index extends number> = T extends ConstructorParameters<Class>[Index]
  ? Class
  : { readonly 'does not take': T };

/**
 * Nest's `@Inject` for a constructor's parameter, which does not compile on a parameter of another type than the
 * token's.
 */
export function Inject<T>(
  token: Token<T>,
): <Class extends Constructor, Index extends number>(
  taker: Class & TakerOf<T, Class, Index>,
  key: undefined,
  index: Index,
) => void {
  return nestInject(token);
}

/** The same for decorators that hosts lay on parameters and on properties, where nothing can be checked. */
export function hostInject(token: InjectionToken): PropertyDecorator & ParameterDecorator {
  return nestInject(token);
}
