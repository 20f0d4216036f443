import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { defineConfig, type UserConfig } from 'tsdown'
import { eventSchema } from './scripts/event-schema.mjs'

/**
 * What stays outside the bundles: native modules, and the loader of configs, which is large and rarely needed.
 * Everything else is inlined, because a run with nothing to do is mostly start-up.
 */
const outside = ['@napi-rs/blake-hash', 'jiti', '@opentelemetry/api']

/**
 * What lmdb-js loads when it starts, and what stands for it in the bundles: it looks for its native part in several
 * packages and the program's own headers, and it loads an encoder of objects, which a store of bytes has no use for.
 */
const insteadOf: Readonly<Record<string, string>> = {
  './open-lmdb.ts': "export { open as openLmdb } from 'lmdb'",
  'node-gyp-build-optional-packages': `
import { createRequire } from 'node:module'
const here = createRequire(import.meta.url)
const { platform, arch, versions } = process
export default function load() {
  try {
    return here(\`@lmdb/lmdb-\${platform}-\${arch}/node.abi\${versions.modules}.glibc.node\`)
  } catch {
    const lmdb = here.resolve('lmdb')
    return createRequire(lmdb)('node-gyp-build-optional-packages')(lmdb.replace(/dist[^/\\\\]*[/\\\\][^/\\\\]*$/, ''))
  }
}`,
  msgpackr: `
export class Encoder {
  constructor() {
    throw new TypeError('only bytes are kept in this index')
  }
}`,
}
const mark = '\0instead-of:'
const leanLmdb: NonNullable<UserConfig['plugins']> = {
  name: 'lean-lmdb',
  resolveId: (id: string) => (Object.hasOwn(insteadOf, id) ? mark + id : undefined),
  load: (id: string) => (id.startsWith(mark) ? insteadOf[id.slice(mark.length)] : undefined),
}

/** Node keeps a text of ASCII in half the memory of any other, and reads it faster: other letters are written as escapes. */
const inAscii: NonNullable<UserConfig['plugins']> = {
  name: 'in-ascii',
  renderChunk: (code: string) =>
    code.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
}

const shared: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  clean: true,
  deps: {
    neverBundle: outside,
    alwaysBundle: (id) => !outside.includes(id) && !id.startsWith('node:'),
    onlyBundle: false,
  },
  plugins: [leanLmdb],
  inputOptions: { checks: { pluginTimings: false } },
}

/** What programs import, and the file that npm links as `reprise`. */
const library: UserConfig = {
  ...shared,
  entry: {
    index: 'src/index.ts',
    store: 'store/index.ts',
    stages: 'stages/index.ts',
    cli: 'src/cli/module.ts',
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

/** Says of a module whether its path in this folder matches: folders above may have any name. */
const within = (pattern: RegExp) => (id: string) => pattern.test(`/${relative(import.meta.dirname, id)}`)

const onTheWayToARun =
  /^\/src\/cli\/(program|start|command|command-line|complaint|display-path|flag|forecast|interrupt|job-choice|name-value|pipelines|quantity|reporting|root|run|run-flags|run-job|store-limits|store-location|surroundings|with-store)\.ts$|^\/src\/report\/(?!graph|live|status)|^\/package\.json$|\/node_modules\/(citty|consola|env-paths|is-safe-filename|parse-ms|pretty-bytes|pretty-ms)\//

/**
 * The commands. As CommonJS, and in few files, because Node loads that a quarter faster than ES modules in many:
 * what every run needs is gathered, what only some commands need stays apart.
 */
const commands: UserConfig = {
  ...shared,
  plugins: [leanLmdb, inAscii],
  entry: { cli: 'src/cli/main.ts' },
  format: 'cjs',
  dts: false,
  checks: { legacyCjs: false },
  inputOptions: { ...shared.inputOptions, preserveEntrySignatures: 'allow-extension' },
  outputOptions: {
    entryFileNames: '[name].cjs',
    chunkFileNames: 'cli-[name]-[hash].cjs',
    // Where compiled code is kept, Node 20 cannot import from it, and can require.
    dynamicImportInCjs: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'pipelines', test: within(/^\/stages\/.*\.ts$|\/node_modules\/zod\//) },
        { name: 'core', test: within(/^\/src\/core\/(?!manifest-schema)|\/node_modules\/fastest-levenshtein\//) },
        {
          name: 'engine',
          test: within(
            /^\/src\/engine\/|^\/store\/.*\.ts$|\/node_modules\/(@harperfast|canonicalize|eventemitter3|lmdb|ordered-binary|p-queue|p-timeout|weak-lru-cache)\/|instead-of:/,
          ),
        },
        { name: 'run', test: within(onTheWayToARun) },
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
