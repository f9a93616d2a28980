/** Turns the tables of rooms.mjs into settings of ESLint's own rules. */
import path from 'node:path';
import { keptPackages, plainRooms, rooms, subpathFolders } from './rooms.mjs';

const source = 'libs/exdata/src';

/** Zones of import-x/no-restricted-paths: each room may import from itself and from the rooms it knows. */
export const roomZones = [
  ...Object.entries(rooms).map(([room, known]) => ({
    target: `./${source}/${room}`,
    from: `./${source}`,
    except: [room, ...known].map((name) => `./${name}`),
    message: `The room ${room} knows ${known.length === 0 ? 'no other room' : `only ${known.join(', ')}`} (scripts/lint/rooms.mjs).`,
  })),
  ...subpathFolders.map((folder) => ({
    target: [`./${source}/index.ts`, `./${source}/exdata.module.ts`, `./${source}/core`],
    from: `./${source}/${folder}`,
    message: `${folder} stands behind a subpath of its own; the root of the package must not load it.`,
  })),
];

/** The library's own name and the simulator's: neither is imported by any file of the library. */
const strangers = [
  {
    group: ['/nestjs-exdata-sandbox', '**/exdata-sandbox/**'],
    message: 'The library and the simulator share no code.',
  },
  { group: ['/nestjs-exdata'], message: 'Inside the library, import the file.' },
];

/**
 * The packages that a folder of the library may not import.
 * @param {string} folder below libs/exdata/src; '' for files that stand in no kept folder
 */
function barredPackages(folder) {
  const kept = keptPackages.filter(({ folders }) => !folders.includes(folder));
  const plain = plainRooms.filter(({ room }) => room === folder);
  // A leading slash anchors the pattern: '/bull' is the package and what lies in it, not a folder of ours with that
  // name.
  return [...kept, ...plain].map(({ packages, because }) => ({
    group: packages.map((name) => `/${name}`),
    message: `Not here: ${because}.`,
  }));
}

const typedInject = {
  name: '@nestjs/common',
  importNames: ['Inject'],
  message:
    "Use that of '../injection/index.js': with it a token of another type than the parameter's does not compile.",
};

/** Where Nest's own is used: beside its definition, and for a property, which a class that hosts extend has. */
const untyped = ['injection', 'uploads/http'];

const folders = new Set([
  '',
  ...untyped,
  ...keptPackages.flatMap((kept) => kept.folders),
  ...plainRooms.map(({ room }) => room),
]);

/**
 * One entry for each folder with rules of its own. ESLint takes the last entry that matches a file, whole: '' stands
 * first.
 * @type {import('eslint').Linter.Config[]}
 */
export const packageRules = [...folders].map((folder) => ({
  files: [path.posix.join(source, folder, '**/*.ts')],
  rules: {
    'no-restricted-imports': [
      'error',
      { paths: untyped.includes(folder) ? [] : [typedInject], patterns: [...strangers, ...barredPackages(folder)] },
    ],
  },
}));

/**
 * Nest would go by the metadata of types, which not every compiler writes, and which knows no interfaces.
 * @type {import('eslint').Linter.RuleEntry}
 */
export const injectableRule = [
  'error',
  {
    selector:
      'ClassDeclaration:has(> Decorator[expression.callee.name="Injectable"]) > ClassBody > MethodDefinition[kind="constructor"] > FunctionExpression > .params:not(:has(> Decorator))',
    message: 'Each constructor parameter of an @Injectable() class says by @Inject() what it is given.',
  },
  {
    selector:
      'ClassDeclaration:has(> Decorator[expression.callee.name="Injectable"]) > ClassBody > MethodDefinition[kind="constructor"] > FunctionExpression[params.length>6]',
    message: 'A constructor takes at most six parameters: find the seam.',
  },
];
