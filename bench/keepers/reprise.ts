import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Built } from '../bench.ts'
import type { Command } from '../peers.ts'
import { usageOf } from './content.ts'
import { type Keeper, type Place, sourceOf } from './keeper.ts'

/** What of the build is run. */
type UsedOfBuild = Pick<Built, 'cli' | 'openStore' | 'storeModule'>

const storeDir = ({ dir }: Place) => join(dir, 'store')
const out = ({ dir }: Place) => join(dir, 'out')

/** Returns a program on the store's API, which the command line has no equal of: it keeps what steps make. */
export function repriseApi(built: UsedOfBuild, link: 'auto' | 'hardlink' = 'auto'): Keeper {
  const keep = (place: Place, path: string, ...task: string[]): Command => [
    process.execPath,
    resolve('bench/keepers/keep.mjs'),
    built.storeModule,
    storeDir(place),
    place.data.kind,
    path,
    ...task,
  ]
  const restored = (place: Place) => join(out(place), place.data.name)
  return {
    name: 'API',
    env: () => ({}),
    cwd: ({ dir }) => dir,
    async lay(place) {
      mkdirSync(out(place), { recursive: true })
      const store = await built.openStore(storeDir(place))
      await store.close()
    },
    takeIn: [{ name: '', commands: (place) => [keep(place, sourceOf(place), 'take-in')] }],
    putBack: [{ name: '', commands: (place) => [keep(place, restored(place), 'put-back', link)] }],
    findNothing: [{ name: '', commands: (place) => [keep(place, sourceOf(place), 'status')] }],
    kept: storeDir,
    workCount: (place) => usageOf(join(storeDir(place), 'blobs')).files,
    restored,
    cleared: restored,
    looksAtRestored: false,
  }
}

/** One step that copies what it is given, and writes down that it did. */
const config = ({ dir, data }: Place) => `
import { appendFileSync, cpSync } from 'node:fs'
import { definePipeline, defineStage, tree } from 'reprise'

const params = { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value: value ?? {} }) } }
const copy = defineStage({
  name: 'copy',
  version: 1,
  inputs: { data: '${data.kind}' },
  params,
  outputs: { data: ${data.kind === 'tree' ? `tree('${data.name}')` : `'${data.name}'`} },
  run({ inputs, outputs }) {
    appendFileSync(${JSON.stringify(executedFile(dir))}, 'copy\\n')
    cpSync(inputs.data, outputs.data, { recursive: true, dereference: true })
  },
})
const keep = definePipeline({
  name: 'keep',
  inputs: { data: '${data.kind}' },
  params,
  build: ({ step, inputs }) => ({ data: step(copy, { data: inputs.data }, { id: 'copy' }).data }),
})

export default { pipelines: [keep] }
`

const executedFile = (dir: string) => join(dir, 'executed.log')

/** Returns the command line on a pipeline of one step whose output is the data. What it takes in, the step has copied before. */
export function repriseRun(built: UsedOfBuild): Keeper {
  const runIn = (job: string) => (place: Place) => {
    const { dir } = place
    const [store, file] = [storeDir(place), join(dir, 'reprise.config.mjs')]
    const args = ['run', 'keep', sourceOf(place), '--job', join(dir, job), '--store', store, '--config', file]
    return [[process.execPath, built.cli, ...args] as const]
  }
  return {
    name: 'reprise run',
    env: () => ({}),
    cwd: ({ dir }) => dir,
    async lay(place) {
      mkdirSync(place.dir, { recursive: true })
      writeFileSync(join(place.dir, 'reprise.config.mjs'), config(place))
    },
    takeIn: [{ name: '', commands: runIn('job') }],
    putBack: [{ name: '', commands: runIn('fresh') }],
    findNothing: [{ name: '', commands: runIn('job') }],
    kept: storeDir,
    workCount: ({ dir }) => statSync(executedFile(dir)).size,
    restored: ({ dir, data }) => join(dir, 'fresh', '01_copy', data.name),
    cleared: ({ dir }) => join(dir, 'fresh'),
    looksAtRestored: false,
  }
}
