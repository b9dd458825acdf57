import { defineConfig } from 'vitest/config'

/*
 * unit: beside the code, no process, no port. whole: the real app over real HTTP and a real SQLite file.
 * system: what needs Debian packages (a browser, real monitors); `npm run test:system:install` brings them.
 */
export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 10_000 } },
      {
        test: {
          name: 'whole',
          include: ['test/{behaviour,contract,anomaly}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Real monitors make a test wait more than work.
          maxWorkers: 3,
        },
      },
    ],
  },
})
