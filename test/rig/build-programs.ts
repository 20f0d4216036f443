import { rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { build } from 'vite'
import type { TestProject } from 'vitest/node'
import { leanNatives, outside } from '../../scripts/bundling.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory of the programs that tests start as processes of their own. */
    readonly programs: string
  }
}

const root = resolve(import.meta.dirname, '../..')
const sources = [
  'test/conformance/demonstration-stages.ts',
  'test/conformance/executor-stages.ts',
  'test/conformance/scripts/execute-requests.ts',
  'test/engine/run/scripts/run-tools.ts',
  'test/executors/scripts/run-test-worker.ts',
  'test/executors/scripts/serve-test-slot.ts',
  'test/executors/scripts/worker-stages.ts',
  'test/faults/scripts/ask-and-stay.ts',
  'test/faults/scripts/damage-index.ts',
  'test/faults/scripts/open-and-end.ts',
  'test/faults/scripts/put-and-collect.ts',
  'test/faults/scripts/run-make.ts',
  'test/faults/scripts/run-tree.ts',
  'test/faults/scripts/set-back.ts',
  'test/faults/scripts/share-store.ts',
  'test/faults/scripts/writer.ts',
  'test/store/scripts/commit-many.ts',
  'test/store/scripts/crash-in-commit.ts',
  'test/store/scripts/hold-lease.ts',
  'test/store/scripts/import-without-tmp.ts',
  'test/store/scripts/look-at-tree.ts',
  'test/store/scripts/send-and-die.ts',
  // What the store starts from beside the program: threads that hash, and processes that look at an index.
  'store/hashing/digest-worker.ts',
  'store/opening/index-child.ts',
]

/**
 * Builds from source the programs that tests start hundreds of times. From TypeScript each start would take three times
 * as long, most of it before the first line of ours.
 */
export default async function buildPrograms(project: TestProject): Promise<() => void> {
  // Inside node_modules, so that they find the packages there.
  const dir = resolve(root, 'node_modules/.cache/reprise', `programs-${process.pid}`)
  const buildAll = () =>
    build({
      root,
      configFile: false,
      logLevel: 'error',
      resolve: { tsconfigPaths: true },
      plugins: [{ ...leanNatives, enforce: 'pre' }],
      ssr: { noExternal: true, external: outside },
      build: {
        ssr: true,
        outDir: dir,
        emptyOutDir: true,
        minify: false,
        target: 'node20',
        rolldownOptions: {
          input: {
            ...Object.fromEntries(sources.map((source) => [basename(source, '.ts'), resolve(root, source)])),
            'shipped-stages': resolve(root, 'stages/index.ts'),
          },
          output: {
            entryFileNames: '[name].js',
            chunkFileNames: '[name]-[hash].js',
            // Node compiles them at each start. Names stay, for stacks.
            minify: { mangle: false, compress: false },
          },
        },
      },
    })
  await buildAll()
  project.onTestsRerun(async () => {
    await buildAll()
  })
  project.provide('programs', dir)
  return () => rmSync(dir, { recursive: true, force: true })
}
