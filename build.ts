/*
 * Compiles src to dist for publishing, and brings along what is read at run time: SQL, the playground's page.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ASSETS = ['src/**/*.sql', 'src/playground/page/**', 'src/monitors/*/README.md', 'src/monitors/*/*.yaml']

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  { stdio: 'inherit' },
)
if (status !== 0) process.exit(status ?? 1)
for (const file of globSync(ASSETS))
  cpSync(file, join('dist', file.slice('src/'.length)), { recursive: true })
chmodSync('dist/main.js', 0o755)
