/**
 * The rooms of libs/exdata/src and who may know whom. An arrow only ever points down, and rooms on one floor do not know each other.
 * ESLint keeps this table (eslint.config.mjs); test/repository/floors.spec.ts shows that it does.
 */

const ground = ['api', 'dispatch', 'review', 'telemetry', 'config'];
const middle = [...ground, 'documents'];
const upper = [...middle, 'uploads', 'webhooks'];

/**
 * Room -> rooms that it may import from, besides itself. `index.ts` and `exdata.module.ts` stand on the roof: no room may import them.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  // floor 1
  api: [],
  dispatch: [],
  review: [],
  telemetry: [],
  config: [],
  // floor 2
  documents: ground,
  // floor 3
  uploads: middle,
  webhooks: middle,
  // floor 4
  persistence: upper,
  health: [...upper, 'persistence'],
  cli: [...upper, 'persistence'],
  // under the roof: what exdata.module.ts provides, a file for each room
  wiring: [...upper, 'persistence', 'exdata.module-definition.ts'],
};

/**
 * Package (as a pattern) -> the only folders that may import it. A host that does not use an optional peer must never load it,
 * and what only one room touches can be replaced in that room.
 * @type {ReadonlyArray<{ packages: readonly string[], folders: readonly string[], because: string }>}
 */
export const keptPackages = [
  { packages: ['@opentelemetry/*'], folders: ['telemetry'], because: 'only the room telemetry speaks OpenTelemetry' },
  { packages: ['undici'], folders: ['api'], because: 'only the room api talks to exdata' },
  { packages: ['@nestjs/terminus'], folders: ['health'], because: 'it is an optional peer, behind nestjs-exdata/terminus' },
  { packages: ['bull', '@nestjs/bull'], folders: ['dispatch/bull'], because: 'it is an optional peer, behind nestjs-exdata/bull' },
  { packages: ['bullmq', '@nestjs/bullmq'], folders: ['dispatch/bullmq'], because: 'it is an optional peer, behind nestjs-exdata/bullmq' },
];

/**
 * Rooms that must stay usable without a framework -> what they may not import.
 * @type {ReadonlyArray<{ room: string, packages: readonly string[], because: string }>}
 */
export const plainRooms = [
  { room: 'api', packages: ['@nestjs/*', 'typeorm', 'rxjs', 'reflect-metadata'], because: 'the client is usable without Nest' },
  { room: 'review', packages: ['@nestjs/*', 'typeorm', 'rxjs', 'reflect-metadata'], because: 'reviews are pure functions' },
];

/** Folders behind their own subpath of the package: the root face must not pull them in. */
export const subpathFolders = ['health', 'dispatch/bull', 'dispatch/bullmq'];
