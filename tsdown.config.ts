import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineConfig, type UserConfig } from 'tsdown'
import { eventSchema } from './scripts/event-schema.mjs'

/**
 * What stays outside the bundles: native modules, and the loader of configs, which is large and rarely needed.
 * Everything else is inlined, because a run with nothing to do is mostly start-up.
 */
const outside = ['lmdb', '@napi-rs/blake-hash', 'jiti']

const shared: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  clean: true,
  deps: {
    neverBundle: outside,
    alwaysBundle: (id) => !outside.includes(id) && !id.startsWith('node:'),
    onlyBundle: false,
  },
  inputOptions: { checks: { pluginTimings: false } },
}

/** What programs import, and the file that npm links as `reprise`. */
const library: UserConfig = {
  ...shared,
  entry: {
    index: 'src/index.ts',
    store: 'store/index.ts',
    stages: 'stages/index.ts',
    cli: 'src/cli/main.ts',
    'digest-worker': 'store/digest-worker.ts',
  },
  format: 'esm',
  fixedExtension: false,
  dts: true,
  hooks: {
    'build:done': ({ options }) =>
      writeFile(
        join(options.outDir, 'event-schema.json'),
        `${JSON.stringify(eventSchema({ closed: false }), null, 2)}\n`,
      ),
  },
}

const onTheWayToARun =
  /\/src\/cli\/(program|start|command|command-line|complaint|display-path|flag|forecast|interrupt|job-choice|name-value|pipelines|quantity|root|run|run-flags|run-job|store-limits|store-location|surroundings|with-store)\.ts$|\/src\/report\/(?!graph|live|status)|\/package\.json$|\/node_modules\/(citty|consola|env-paths|is-safe-filename|parse-ms|pretty-bytes|pretty-ms)\//

/**
 * The commands. As CommonJS, and in few files, because Node loads that a quarter faster than ES modules in many:
 * what every run needs is gathered, what only some commands need stays apart.
 */
const commands: UserConfig = {
  ...shared,
  entry: { start: 'src/cli/start.ts' },
  format: 'cjs',
  dts: false,
  checks: { legacyCjs: false },
  inputOptions: { ...shared.inputOptions, preserveEntrySignatures: 'allow-extension' },
  outputOptions: {
    entryFileNames: 'cli-[name].cjs',
    chunkFileNames: 'cli-[name]-[hash].cjs',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'pipelines', test: /\/stages\/.*\.ts$|\/node_modules\/zod\// },
        { name: 'core', test: /\/src\/core\/(?!manifest-schema)|\/node_modules\/fastest-levenshtein\// },
        {
          name: 'engine',
          test: /\/src\/engine\/|\/store\/.*\.ts$|\/node_modules\/(canonicalize|eventemitter3|p-queue|p-timeout)\//,
        },
        { name: 'run', test: onTheWayToARun },
      ],
    },
  },
}

/** The schema library for configs in folders that have none. */
const zod: UserConfig = {
  ...shared,
  entry: { zod: 'node_modules/zod/index.js' },
  format: 'cjs',
  dts: false,
  checks: { legacyCjs: false },
  outputOptions: { entryFileNames: 'cli-[name].cjs', exports: 'named' },
}

export default defineConfig([library, commands, zod])
