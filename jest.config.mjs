/** The workspace's packages are tested from their sources; test/consumers checks what is packed. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^nestjs-exdata$': '<rootDir>/libs/exdata/src/index.ts',
    '^nestjs-exdata/api$': '<rootDir>/libs/exdata/src/api/face.ts',
    '^nestjs-exdata/bull$': '<rootDir>/libs/exdata/src/dispatch/bull/index.ts',
    '^nestjs-exdata/bullmq$': '<rootDir>/libs/exdata/src/dispatch/bullmq/index.ts',
    '^nestjs-exdata/review$': '<rootDir>/libs/exdata/src/review/index.ts',
    '^nestjs-exdata/terminus$': '<rootDir>/libs/exdata/src/health/index.ts',
    '^nestjs-exdata-sandbox$': '<rootDir>/libs/exdata-sandbox/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFilesAfterEnv: ['<rootDir>/test/waits.ts'],
  testMatch: ['<rootDir>/libs/*/src/**/*.spec.ts', '<rootDir>/apps/*/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/test/consumers/hosts/'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/test/consumers/hosts/'],
  // Jest leaves a core free; on the two of a small CI machine that would be half of it.
  maxWorkers: '100%',
  // Jest keeps what each spec has loaded (jestjs/jest#14605): a worker of gigabytes is busy with collecting garbage.
  workerIdleMemoryLimit: '1GB',
  // For what hangs, a little more than test/until.ts waits. On a busy machine a test that takes a second takes thirty.
  testTimeout: 300_000,
};
