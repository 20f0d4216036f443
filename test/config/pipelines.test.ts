import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toolsOfPipelines } from '../../src/cli/describe/doctor.ts'
import { describePipeline, pipelineText } from '../../src/cli/describe/list.ts'
import { loadConfig, nearestConfig, whereConfigsAre } from '../../src/config/config-loader.ts'
import { loadPipelines, ownPipelines } from '../../src/config/pipelines.ts'
import { definePipeline, defineStage } from '../../src/core/index.ts'
import { plainStyle } from '../../src/report/text/style.ts'
import { shippedPipelines, subtitles } from '../../stages/index.ts'
import { shouting, siren } from '../cli/shouting.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reprise-config-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const ownPipeline = `
  import { defineConfig, definePipeline, defineStage, StageFailure } from 'reprise'
  import { pipelines } from 'reprise/stages'
  import { openStore } from 'reprise/store'
  import { z } from 'zod'
  const copy = defineStage({ name: 'copy', version: 1, inputs: { it: 'file' }, params: z.object({}), outputs: { copied: 'copy' }, run() {} })
  interface Typed { readonly stripped: true }
  const own = definePipeline({
    name: 'own', inputs: { it: 'file' }, params: z.object({}),
    build: ({ step, inputs }) => step(copy, { it: inputs.it }),
  })
  export const seen: unknown[] = [StageFailure, pipelines, openStore]
  export default defineConfig({ pipelines: [own] })
`

describe('a config', () => {
  it('is loaded without a build, and imports the running program', async () => {
    writeFileSync(join(dir, 'reprise.config.ts'), ownPipeline)
    const loaded = await loadConfig(join(dir, 'reprise.config.ts'))
    expect(loaded.ok && loaded.value.config.pipelines.map(({ name }) => name)).toEqual(['own'])
  })

  it('is looked for in the current directory, and in those above it', () => {
    const below = join(dir, 'films', 'raw')
    mkdirSync(below, { recursive: true })
    expect(nearestConfig(below)).toBeUndefined()
    expect(whereConfigsAre(below)).toContain(`is in ${below} or in a directory above it`)
    writeFileSync(join(dir, 'reprise.config.mjs'), '')
    expect(nearestConfig(below)).toBe(join(dir, 'reprise.config.mjs'))
    mkdirSync(join(below, 'reprise.config.ts'))
    writeFileSync(join(dir, 'films', 'reprise.config.js'), '')
    expect(nearestConfig(below)).toBe(join(dir, 'films', 'reprise.config.js'))
    expect(nearestConfig(dir)).toBe(join(dir, 'reprise.config.mjs'))
  })

  it.runIf(process.getuid?.() === 0)('of another user is not looked for above the current directory', () => {
    const path = join(dir, 'reprise.config.mjs')
    const below = join(dir, 'films')
    mkdirSync(below)
    writeFileSync(path, '')
    chownSync(path, 4321, 4321)
    expect(nearestConfig(below)).toBeUndefined()
    expect(whereConfigsAre(below)).toBe(`${path} belongs to another user, so it is loaded only with --config ${path}`)
    expect(nearestConfig(dir)).toBe(path)
  })

  it('must be there when it is named', async () => {
    const path = join(dir, 'mine.ts')
    expect(await loadPipelines(dir, 'mine.ts')).toEqual({ ok: false, error: `the config file ${path} does not exist` })
    const error = `the config ${dir} is not a file; name the file itself`
    expect(await loadPipelines(dir, '.')).toEqual({ ok: false, error })
  })

  it.each([
    ['throws', 'throw new Error("out of order")', ': out of order'],
    ['throws, with the place', '\n\nthrow new Error("out of order")', 'reprise.config.ts:3)'],
    [
      'calls what is not exported',
      'import { defineConfi } from "reprise"; export default defineConfi()',
      ': defineConfi is not a function',
    ],
    [
      'misspells a name',
      'export default { pipelines: [], pool: { gpu: 1 } }',
      "unknown field 'pool': did you mean 'pools'? (valid: pipelines, pools, remote, services, workers)",
    ],
    ['does not parse', 'export default {', 'cannot load the config '],
    ['ends the program', '\nprocess.exit(0)', ': it called process.exit(0) ('],
    ['imports what is not there', "import 'nothing-of-the-kind'", 'cannot load the config '],
    [
      'exports nothing',
      'export const x = 1',
      'is not a valid config: its default export must be defineConfig({ pipelines: [...] })',
    ],
    [
      'exports a list',
      'export default []',
      'is not a valid config: its default export must be defineConfig({ pipelines: [...] })',
    ],
    ['holds what is no pipeline', 'export default { pipelines: [{ name: "x" }] }', 'pipelines[0] is not a pipeline'],
  ])('that %s is refused, with file and reason', async (_name, text, reason) => {
    const path = join(dir, 'reprise.config.ts')
    writeFileSync(path, text)
    const loaded = await loadConfig(path)
    expect(loaded.ok ? '' : loaded.error).toContain(path)
    expect(loaded.ok ? '' : loaded.error).toContain(reason)
  })
})

describe('pipelines', () => {
  it('of a name that is taken are refused', () => {
    const twice = { path: '/c.ts', config: { pipelines: [shouting, shouting] } }
    expect(ownPipelines(twice)).toEqual({
      ok: false,
      error: "/c.ts: the pipeline 'shouting' has the name of another pipeline of this config; rename it",
    })
  })

  it.each([['subtitles'], ['mine'], [undefined]])(
    'named like one that ships are refused when %s is asked for',
    async (wanted) => {
      const path = join(dir, 'reprise.config.ts')
      const pipeline = (name: string) =>
        `definePipeline({ name: '${name}', inputs: {}, params: z.object({}), build: () => ({}) })`
      writeFileSync(
        path,
        `import { definePipeline } from 'reprise'
       import { z } from 'zod'
       export default { pipelines: [${pipeline('mine')}, ${pipeline('subtitles')}] }`,
      )
      expect(await loadPipelines(dir, undefined, { wanted })).toEqual({
        ok: false,
        error: `${path}: the pipeline 'subtitles' has the name of a pipeline that ships with reprise; rename it`,
      })
    },
  )

  it('that ship have stages without a source, whose version stands for it', async () => {
    writeFileSync(join(dir, 'reprise.config.ts'), 'export default { pipelines: [] }')
    const pipelines = await loadPipelines(dir, undefined)
    expect(pipelines.ok && [...pipelines.value.keys()]).toEqual([...shippedPipelines.keys()])
    const { demux } = await import('../../stages/subtitles/demux.ts')
    expect(demux).toMatchObject({ name: 'demux' })
    expect(demux.source).toBeUndefined()
  })

  it('are listed with inputs, steps and params', () => {
    const entry = describePipeline({ pipeline: shouting, configPath: '/c.ts' })
    expect(pipelineText(entry, { width: 80, style: plainStyle })).toMatchInlineSnapshot(`
      "shouting  Makes text loud
        from /c.ts
        inputs   text (file), mood (file)
        outputs  loud
        steps
          shout  Makes text loud
        params
          mark   what ends it
                 string, default "!"
          times  array of number, default [1]
          quiet  boolean, default false
      "
    `)
  })

  it('are listed in lines that fit a narrow terminal', () => {
    const text = pipelineText(describePipeline({ pipeline: subtitles }), { width: 60, style: plainStyle })
    const [, ...lines] = text.split('\n')
    expect(lines.filter((line) => line.length > 60)).toEqual([])
    expect(text).toContain(
      '\n    profile\n        the house whose rules the subtitles keep to\n        plain | netflix |',
    )
  })

  it('name the tools that they need, once', () => {
    const loud = { ...shouting, name: 'loud', example: { mark: 'siren' } }
    const louder = { ...loud, name: 'louder' }
    expect(toolsOfPipelines([shouting, loud, louder])).toEqual([{ tool: siren, neededBy: ['loud', 'louder'] }])
  })

  it('name the tools that another choice of a param needs, with the choice', () => {
    const [drum, horn] = ['drum', 'horn'].map((name) => ({ ...siren, name }))
    const play = defineStage({
      name: 'play',
      version: 1,
      params: z.object({ on: z.string() }),
      outputs: { sound: 'sound.wav' },
      toolsFor: ({ on }) => [on === 'drum' ? drum : on === 'horn' ? horn : siren].filter((tool) => tool !== undefined),
      run: () => {},
    })
    const playing = (name: string) =>
      definePipeline({
        name,
        params: z.object({ on: z.enum(['drum', 'horn']).default('drum'), times: z.number().default(1) }),
        build: ({ step, params: { on } }) => step(play, {}, { params: { on } }),
      })
    expect(toolsOfPipelines([playing('march'), playing('dance')])).toEqual([
      { tool: drum, neededBy: ['march', 'dance'] },
      { tool: horn, neededBy: ['march', 'dance'], with: 'on=horn' },
    ])
  })

  it('whose code throws harm no other', () => {
    const broken = {
      ...shouting,
      build: () => {
        throw new Error('out of order')
      },
    }
    const { problems, params } = describePipeline({ pipeline: broken })
    expect(problems).toEqual([
      expect.stringMatching(/^shouting: its build threw an exception: out of order \(.*:\d+\)$/),
    ])
    expect(params).toHaveLength(3)
    expect(toolsOfPipelines([broken, { ...shouting, example: { mark: 'siren' } }])).toHaveLength(1)
  })
})

describe('the pipelines for a job', () => {
  const config = (name: string) => `
    import { definePipeline } from 'reprise'
    import { z } from 'zod'
    export default { pipelines: [definePipeline({ name: '${name}', inputs: {}, params: z.object({}), build: () => ({}) })] }`

  it('are those of the config that it remembers, unless the nearest one has what is asked for', async () => {
    const [here, there] = [join(dir, 'here'), join(dir, 'there')]
    const jobConfig = join(there, 'reprise.config.ts')
    for (const folder of [here, there]) mkdirSync(folder)
    writeFileSync(join(here, 'reprise.config.ts'), config('ours'))
    writeFileSync(jobConfig, config('theirs'))
    const from = async (search: { readonly wanted?: string; readonly jobConfig?: string }, flag?: string) => {
      const loaded = await loadPipelines(here, flag, search)
      return loaded.ok ? loaded.value.configPath : loaded.error
    }
    const near = join(here, 'reprise.config.ts')
    expect(await from({})).toBe(near)
    expect(await from({ jobConfig })).toBe(jobConfig)
    expect(await from({ jobConfig, wanted: 'ours' })).toBe(near)
    expect(await from({ jobConfig, wanted: 'theirs' })).toBe(jobConfig)
    expect(await from({ jobConfig }, near)).toBe(near)
    expect(await from({ jobConfig: join(there, 'gone.ts') })).toBe(near)
  })
})
