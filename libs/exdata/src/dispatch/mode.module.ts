import { Global, Module } from '@nestjs/common';
import { token } from '../injection/index.js';
import type { ExdataMode } from './mode.js';

/**
 * Injects the {@link KnownMode}; no class, since a subpath may have been loaded as another kind of module than the
 * root.
 */
export const EXDATA_KNOWN_MODE = token<KnownMode>('known-mode');

/**
 * Knows the mode of this application once its options have been checked, for what is made apart from these: the queues
 * of a dispatcher.
 */
export class KnownMode {
  readonly value: Promise<ExdataMode>;
  #tell: (mode: ExdataMode) => void = () => undefined;

  constructor() {
    this.value = new Promise((resolve) => (this.#tell = resolve));
  }

  tell(mode: ExdataMode): ExdataMode {
    this.#tell(mode);
    return mode;
  }
}

/** The module's options lie in a module that imports the dispatcher's, which could not ask for them in turn. */
@Global()
@Module({ providers: [{ provide: EXDATA_KNOWN_MODE, useClass: KnownMode }], exports: [EXDATA_KNOWN_MODE] })
export class ExdataModeModule {}
