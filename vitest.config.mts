import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{server,client,webview}/src/**/*.test.ts',
      'test/{conformance,golden,protocol,cli}/**/*.test.ts',
    ],
    setupFiles: ['test/property-seed.ts'],
    globalSetup: ['test/build-once.ts'],
    testTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
