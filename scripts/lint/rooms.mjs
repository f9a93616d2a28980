/**
 * The rooms of libs/exdata/src and who may know whom. An arrow only ever points down, and rooms on one floor do not
 * know each other. ESLint keeps this table (eslint.config.mjs); test/repository/floors.spec.ts shows that it does.
 */

const cellar = ['spelling', 'injection', 'proxies'];
const ground = [...cellar, 'api', 'dispatch', 'review', 'telemetry', 'config'];
const middle = [...ground, 'handlers', 'documents'];
const upper = [...middle, 'uploads', 'webhooks'];

/**
 * Room -> rooms that it may import from, besides itself. `index.ts` and `exdata.module.ts` stand on the roof: no room
 * may import them.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  // the cellar: knows nothing of anything
  spelling: [],
  injection: [],
  proxies: [],
  // floor 1
  api: ['proxies'],
  dispatch: cellar,
  review: [],
  telemetry: cellar,
  config: cellar,
  // floor 2: which handlers there are and the job that calls them; below it nothing that they are called for
  handlers: ground,
  documents: [...ground, 'handlers'],
  // floor 3
  uploads: middle,
  webhooks: middle,
  // floor 4
  persistence: upper,
  health: [...upper, 'persistence'],
  cli: [...upper, 'persistence'],
  // under the roof: the hidden module that holds all, and what hosts see of it
  core: [...upper, 'persistence'],
};

/**
 * Package (as a pattern) -> the only folders that may import it. A host that does not use an optional peer must never
 * load it, and what only one room touches can be replaced in that room.
 * @type {ReadonlyArray<{ packages: readonly string[], folders: readonly string[], because: string }>}
 */
export const keptPackages = [
  { packages: ['@opentelemetry/*'], folders: ['telemetry'], because: 'only the room telemetry speaks OpenTelemetry' },
  { packages: ['undici'], folders: ['api'], because: 'only the room api talks to exdata' },
  {
    packages: ['@nestjs/terminus'],
    folders: ['health'],
    because: 'it is an optional peer, behind nestjs-exdata/terminus',
  },
  {
    packages: ['bull', '@nestjs/bull'],
    folders: ['dispatch/bull'],
    because: 'it is an optional peer, behind nestjs-exdata/bull',
  },
  {
    packages: ['bullmq', '@nestjs/bullmq'],
    folders: ['dispatch/bullmq'],
    because: 'it is an optional peer, behind nestjs-exdata/bullmq',
  },
];

/**
 * Rooms that must stay usable without a framework -> what they may not import.
 * @type {ReadonlyArray<{ room: string, packages: readonly string[], because: string }>}
 */
export const plainRooms = [
  {
    room: 'api',
    packages: ['@nestjs/*', 'typeorm', 'rxjs', 'reflect-metadata'],
    because: 'the client is usable without Nest',
  },
  {
    room: 'review',
    packages: ['@nestjs/*', 'typeorm', 'rxjs', 'reflect-metadata'],
    because: 'reviews are pure functions',
  },
];

/** Folders behind their own subpath of the package: the root face must not pull them in. */
export const subpathFolders = ['health', 'dispatch/bull', 'dispatch/bullmq'];
