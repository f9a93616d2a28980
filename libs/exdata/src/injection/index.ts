export { hostInject, Inject } from './inject.js';
export { optional, provide, provideExisting, provideValue } from './provide.js';
export { token } from './token.js';
export type { SymbolToken, Token } from './token.js';
