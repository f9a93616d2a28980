import { compileProgram } from '../compiled-program.js';
import type { CompiledProgram } from '../compiled-program.js';

const others = [
  'test/life/shifted-clock.ts',
  ...['settings', 'stop', 'stops', 'delivery-stops', 'desk.controller', 'host.module'].map(
    (name) => `test/proof/host/${name}.ts`,
  ),
];

/** The host of test/proof/host. */
export function compileHost(): Promise<CompiledProgram> {
  return compileProgram('test/proof/host/program.ts', others);
}
