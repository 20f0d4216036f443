import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { loadConfig, nearestConfig } from '../../../../src/config/config-loader.ts'
import { buildGraph } from '../../../../src/core/index.ts'
import { SourceDigests, type StageSource } from '../../../../src/engine/key/sources/source-digests.ts'
import { createWorkbench } from '../../../rig/workbench.ts'

/** A folder with a config and what it imports. */
export interface Project {
  path(...names: string[]): string
  write(name: string, text: string): void
  remove(name: string): void
  /** Loads the config anew, and returns what of the code of each step's stage is in its key. */
  sources(params?: object): Promise<Readonly<Record<string, StageSource>>>
  /** Returns the steps whose code is another one than when it was last asked, in their order. */
  changed(): Promise<readonly string[]>
}

export async function projectOf(files: Readonly<Record<string, string>>): Promise<Project> {
  const { path, store } = await createWorkbench()
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path('project', name)), { recursive: true })
    writeFileSync(path('project', name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  const { cache } = createRequire(import.meta.url)
  const sources = async (params: object = {}) => {
    for (const module of Object.keys(cache)) if (module.startsWith(path('project'))) delete cache[module]
    const loaded = await loadConfig(nearestConfig(path('project')) ?? '', { isLoadedAgain: true })
    if (!loaded.ok) throw new Error(loaded.error)
    const found: Record<string, StageSource> = {}
    for (const pipeline of loaded.value.config.pipelines) {
      const prefix = pipeline.name === 'all' ? '' : `${pipeline.name} `
      const graph = buildGraph(pipeline, params)
      if (!graph.ok) throw new Error(JSON.stringify(graph.error))
      const digests = new SourceDigests(store, pipeline.name)
      for (const { id, stage } of graph.value.steps) found[`${prefix}${id}`] = await digests.of(stage)
    }
    return found
  }
  let before: Readonly<Record<string, StageSource>> = {}
  return {
    path: (...names) => path('project', ...names),
    write,
    remove: (name) => rmSync(path('project', name), { recursive: true }),
    sources,
    async changed() {
      const now = await sources()
      const names = Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]))
      before = now
      return names.sort()
    },
  }
}

/** Returns the text of a stage that returns what an expression comes to. */
export function stageText(name: string, expression: string): string {
  return `defineStage({
  name: '${name}', version: 1, inputs: {}, params: z.object({}), outputs: { value: json(z.unknown()) },
  async run() { return { value: ${expression} } },
})`
}

export const stageImports = "import { defineStage, json } from 'reprise'\nimport { z } from 'zod'\n"

/** Returns the text of a config with one pipeline of some stages. */
export function configText(imports: string, stages: readonly string[]): string {
  return `import { defineConfig, definePipeline } from 'reprise'
import { z } from 'zod'
${imports}
const all = definePipeline({
  name: 'all', inputs: {}, params: z.object({}),
  build({ step }) { ${stages.map((stage) => `step(${stage}, {});`).join(' ')} return {} },
})
export default defineConfig({ pipelines: [all] })
`
}
