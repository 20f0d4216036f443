import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join, relative, resolve } from 'node:path'
import { defineConfig, type UserConfig } from 'tsdown'
import { leanNatives, outside } from './scripts/bundling.mjs'
import { eventSchema } from './scripts/event-schema.mjs'

/** Node keeps a text of ASCII in half the memory of any other, and reads it faster: other letters are written as escapes. */
const inAscii: NonNullable<UserConfig['plugins']> = {
  name: 'in-ascii',
  generateBundle(_options: unknown, bundle: Record<string, { type: string; code?: string }>) {
    for (const file of Object.values(bundle)) {
      if (file.code !== undefined) file.code = file.code.replace(/[^\0-\x7f]/g, escapeOf)
    }
  },
}

function escapeOf(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
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
  plugins: [leanNatives],
  inputOptions: { checks: { pluginTimings: false } },
}

/** What programs import, by the name of what they import it from. */
const doors = { index: 'src/index.ts', store: 'store/index.ts', stages: 'stages/index.ts' } as const

/** The types of what programs import. */
const types: UserConfig = {
  ...shared,
  entry: { ...doors },
  format: 'esm',
  fixedExtension: false,
  dts: { emitDtsOnly: true },
  hooks: {
    'build:done': ({ options }) =>
      writeFile(
        join(options.outDir, 'event-schema.json'),
        `${JSON.stringify(eventSchema({ closed: false }), null, 2)}\n`,
      ),
  },
}

/** The modules that stages run in threads, by the names that `threadModule` gives them. */
const stageThreads = Object.fromEntries(
  readdirSync(join(import.meta.dirname, 'stages'), { encoding: 'utf8', recursive: true })
    .filter((source) => source.endsWith('-thread.ts'))
    .map((source) => [basename(source, '.ts'), join('stages', source)]),
)

/** What Node starts by its path as an ES module. */
const modules: UserConfig = {
  ...shared,
  entry: {
    cli: 'src/cli/program/module.ts',
    'digest-worker': 'store/hashing/digest-worker.ts',
    'index-child': 'store/opening/index-child.ts',
    ...stageThreads,
  },
  format: 'esm',
  fixedExtension: false,
  dts: false,
}

/** Writes the ES modules that programs import. Behind them is what the commands are made of, so that it is there once. */
async function writeDoors({ options: { outDir } }: { readonly options: { readonly outDir: string } }): Promise<void> {
  const require = createRequire(join(outDir, 'any.cjs'))
  for (const door of Object.keys(doors)) {
    const names = Object.keys(require(`./api-${door}.cjs`)).sort()
    const text = [
      "import { createRequire } from 'node:module'",
      "const { requireBuilt } = createRequire(import.meta.url)('./modules.cjs')",
      `export const { ${names.join(', ')} } = requireBuilt('api-${door}.cjs')`,
      '',
    ].join('\n')
    await writeFile(join(outDir, `${door}.js`), text)
  }
}

/** Says of a module whether its path in this folder matches: folders above may have any name. */
const within = (pattern: RegExp) => (id: string) => pattern.test(`/${relative(import.meta.dirname, id)}`)

/** Where every run of the command line begins. */
const startOfARun = ['src/cli/program/start.ts', 'src/cli/run/run.ts']
const everyStart = [...startOfARun, ...Object.values(doors)]
const shippedServices = ['stages/language-model/provide-model.ts', 'stages/speech/voices/provide-speech.ts']

/** Names the chunk of a module, or none. */
type ChunkName = (
  id: string,
  graph: { getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null },
) => string | undefined

/** Returns a chunk's name for the modules that static imports lead to from these sources; the others stay apart. */
function chunkFrom(name: string, sources: readonly string[]): ChunkName {
  let reached: Set<string> | undefined
  return (id, graph) => {
    reached ??= staticImports(
      sources.map((source) => resolve(import.meta.dirname, source)),
      (module) => graph.getModuleInfo(module)?.importedIds ?? [],
    )
    return reached.has(id) ? name : undefined
  }
}

function staticImports(from: readonly string[], importsOf: (module: string) => readonly string[]): Set<string> {
  const reached = new Set(from)
  for (const module of reached) for (const imported of importsOf(module)) reached.add(imported)
  return reached
}

const reachedByStages = chunkFrom('stages', [doors.stages])
const pipelines = readdirSync(join(import.meta.dirname, 'stages'))
  .map((room) => ({ room, source: join('stages', room, 'pipeline.ts') }))
  .filter(({ source }) => existsSync(join(import.meta.dirname, source)))
const reachedByPipelines = pipelines.map(({ room, source }) => chunkFrom(room, [source]))

/**
 * A pipeline's folder is a chunk, with the folders in it and what no other pipeline reaches, so that a run of one loads no
 * other; what several share is another chunk, and so is what only programs import.
 */
const pipelineChunk: ChunkName = (id, graph) => {
  const name = reachedByStages(id, graph)
  const room = /^stages[/\\]([^/\\]+)[/\\]/.exec(relative(import.meta.dirname, id))?.[1]
  if (name === undefined || pipelines.some((pipeline) => pipeline.room === room)) return name && room
  const [first, ...others] = reachedByPipelines.flatMap((chunkOf) => chunkOf(id, graph) ?? [])
  return others.length === 0 ? (first ?? 'more-stages') : name
}

/** What loads the files of the build, and is no part of them. */
const loader: UserConfig = {
  ...shared,
  entry: { modules: 'src/loading/built-modules.ts' },
  format: 'cjs',
  dts: false,
  checks: { legacyCjs: false },
  outputOptions: { entryFileNames: '[name].cjs' },
}

/** What threads import TypeScript with; they share nothing with the commands. */
const typeScriptLoader: UserConfig = { ...loader, entry: { 'typescript-loader': 'src/loading/typescript-loader.ts' } }

const builtModulesApart: NonNullable<UserConfig['plugins']> = {
  name: 'built-modules-apart',
  resolveId: (id: string) => (id.endsWith('/built-modules.ts') ? { id: './modules.cjs', external: true } : undefined),
}

/** What Node starts as the command. */
const command: UserConfig = { ...loader, plugins: [builtModulesApart], entry: { cli: 'src/cli/program/main.ts' } }

/**
 * The commands, and what programs import. As CommonJS, of which the compiled form can be kept, and in few files: what
 * every run needs is gathered, what only some commands need stays apart.
 */
const commands: UserConfig = {
  ...shared,
  plugins: [leanNatives, inAscii, builtModulesApart],
  entry: {
    start: 'src/cli/program/start.ts',
    ...Object.fromEntries(Object.entries(doors).map(([door, source]) => [`api-${door}`, source])),
  },
  format: 'cjs',
  dts: false,
  // What is behind a door does not need the door.
  treeshake: { moduleSideEffects: [{ test: /\/(src|src\/engine|store|stages)\/index\.ts$/, sideEffects: false }] },
  hooks: { 'build:done': writeDoors },
  checks: { legacyCjs: false },
  inputOptions: { ...shared.inputOptions, preserveEntrySignatures: 'allow-extension' },
  outputOptions: {
    entryFileNames: '[name].cjs',
    chunkFileNames: 'cli-[name]-[hash].cjs',
    // Where compiled code is kept, Node 20 cannot import from it, and can require.
    dynamicImportInCjs: false,
    comments: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          // Every run is offered these services, and few ask them.
          name: chunkFrom('services', shippedServices),
          test: within(/^\/stages\//),
        },
        {
          name: pipelineChunk,
          test: within(/^\/stages\/(?!(index|pipelines)\.ts$).*\.ts$|\/node_modules\/zod\//),
        },
        {
          name: chunkFrom('core', everyStart),
          test: within(
            /^\/src\/(core|models\/registry)\/|^\/stages\/pipelines\.ts$|^\/package\.json$|\/node_modules\/fastest-levenshtein\//,
          ),
        },
        {
          name: chunkFrom('engine', everyStart),
          test: within(
            /^\/src\/(engine|loading)\/|^\/store\/(?!index\.ts$).*\.ts$|\/node_modules\/(@harperfast|lmdb|ordered-binary|weak-lru-cache)\/|instead-of:/,
          ),
        },
        { name: chunkFrom('run', startOfARun), test: within(/^\/src\/(cli|config|report)\/|\/node_modules\//) },
      ],
    },
  },
}

/** The schema library for configs in folders that have none. */
const zod: UserConfig = {
  ...shared,
  plugins: [...[shared.plugins ?? []].flat(), inAscii],
  entry: { zod: 'node_modules/zod/index.js' },
  format: 'cjs',
  dts: false,
  checks: { legacyCjs: false },
  outputOptions: { entryFileNames: 'cli-[name].cjs', exports: 'named' },
}

/** What the dashboard runs in the browser, with all that it needs. */
const page: UserConfig = {
  platform: 'browser',
  target: 'es2022',
  entry: { 'dash-page': 'src/dash/page/main.tsx' },
  tsconfig: 'src/dash/page/tsconfig.json',
  format: 'esm',
  fixedExtension: false,
  dts: false,
  minify: true,
  deps: { alwaysBundle: () => true, onlyBundle: false },
  inputOptions: { checks: { pluginTimings: false } },
}

export default defineConfig([types, modules, loader, typeScriptLoader, command, commands, zod, page])
