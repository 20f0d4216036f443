import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/rig/longest-first.ts'

const rig = (file: string) => join(import.meta.dirname, 'test', 'rig', file)

// Node reads this list of certificates whenever it starts, which takes twice as long as the rest of its start. Tests speak
// with servers of their own, and start thousands of processes.
delete process.env.NODE_EXTRA_CA_CERTS

/** Tests that leave their process as it was. One process runs many files of them: to load the sources takes longer. */
const inOneProcess = [
  'test/bench/!(check).test.ts',
  'test/cli/{command-line,create,describe,models}/**/*.test.ts',
  'test/cli/{cache/cache-stats,jobs/shown-steps,run/job-choice,run/watch-loop}.test.ts',
  'test/config/**/*.test.ts',
  'test/core/**/*.test.ts',
  'test/dash/{edit/cues,load/log-lines}.test.ts',
  'test/engine/{edits,job,key,report,schedule,site,sound,step,system}/**/*.test.ts',
  'test/engine/events/{damaged-log,event-log,left-steps}.test.ts',
  'test/executors/{folder-engine,offer-fit,scratch-directory}.test.ts',
  'test/{loading,models,report,scripts}/**/*.test.ts',
  'test/stages/*.test.ts',
  'test/stages/{calls,contracts,cues,documents,drawing,glossary,languages,media,music}/**/*.test.ts',
  'test/stages/{shots,show,sound,speakers,speech,tools,translation,video}/**/*.test.ts',
  'test/stages/subtitles/{burn,mux-args,pipeline}.test.ts',
  'test/store/{blobs,contract,forget,ledger,memory,tiered,verify}/**/*.test.ts',
  'test/store/disk/temporary-path.test.ts',
  'test/store/remote/{collect-directory,sealed-action,signature,xml-text}.test.ts',
  'test/store/upkeep/{collect,default-max-size,inspect}.test.ts',
]

const resolve = {
  tsconfigPaths: true,
  // What the store starts beside itself is built once for all tests: from TypeScript, each start would take twice as long.
  alias: [
    { find: /^.*\/index-child-program\.ts$/, replacement: rig('built-index-child.ts') },
    { find: /^.*\/start-digest-thread\.ts$/, replacement: rig('built-digest-thread.ts') },
  ],
}
const shared = {
  // Vitest leaves one core idle by default. Most tests wait for processes and disks.
  maxWorkers: availableParallelism(),
  // The commands that tests start keep compiled code, and not in the cache directory of whoever runs the tests.
  // Only the tests that are about models use those of whoever runs the tests.
  env: {
    XDG_CACHE_HOME: join(import.meta.dirname, 'node_modules', '.cache', 'tests'),
    REPRISE_MODELS: join(import.meta.dirname, 'node_modules', '.cache', 'tests', 'no-models'),
    REPRISE_TEST_MODELS: process.env.REPRISE_MODELS ?? '',
  },
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // What is polled for may take as long as anything that is waited for: busy machines are slow.
  expect: { poll: { timeout: 30_000 } },
}

export default defineConfig({
  test: {
    globalSetup: ['test/rig/provide-event-schema.ts', 'test/rig/build-programs.ts'],
    maxWorkers: shared.maxWorkers,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        test: {
          ...shared,
          name: 'a process each',
          include: ['test/**/*.test.ts'],
          exclude: inOneProcess,
          typecheck: {
            // Vitest gives this flag to no project.
            enabled: !process.argv.includes('--typecheck.enabled=false'),
            include: ['test/**/*.test-d.ts'],
            tsconfig: './tsconfig.json',
            checker: join(import.meta.dirname, 'scripts', 'types.sh'),
          },
        },
      },
      { resolve, test: { ...shared, name: 'one process', include: inOneProcess, isolate: false } },
    ],
  },
})
