import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, describeFailure, file, json, many, optional } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shout = defineStage({
  name: 'shout',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ mark: z.string().default('!') }),
  outputs: { loud: 'loud.txt', size: json(z.number()) },
  run({ inputs, params, outputs }) {
    const loud = readFileSync(inputs.text, 'utf8').toUpperCase() + params.mark
    writeFileSync(outputs.loud, loud)
    return { size: loud.length }
  },
})
const pack = defineStage({
  name: 'pack',
  version: 1,
  inputs: { texts: many(file()), note: optional(file()) },
  params: z.object({}),
  outputs: { all: 'all/' },
  run({ inputs, outputs }) {
    for (const [index, path] of inputs.texts.entries()) writeFileSync(`${outputs.all}/${index}.txt`, readFileSync(path))
    if (inputs.note !== undefined) writeFileSync(`${outputs.all}/note.txt`, readFileSync(inputs.note))
  },
})
const chain = definePipeline({
  name: 'chain',
  inputs: { text: 'file' },
  params: z.object({ mark: z.string().default('!'), marks: z.array(z.string()).default(['q', '.']) }),
  build({ step, each, inputs, params }) {
    const first = step(shout, { text: inputs.text }, { id: 'first', params: { mark: params.mark } })
    const variants = each(params.marks, (mark) =>
      step(shout, { text: first.loud }, { id: 'variant', params: { mark } }),
    )
    const long = { of: first.size, is: (size: number) => size > 10 }
    const note = step(shout, { text: inputs.text }, { id: 'note', params: { mark: '~' }, when: long })
    const { all } = step(pack, { texts: variants.loud, note: note.loud })
    return { all, size: first.size }
  },
})

async function bench(text = 'hello') {
  const workbench = await createWorkbench()
  const input = workbench.path('input.txt')
  writeFileSync(input, text)
  return { ...workbench, input, chain: (request = {}) => workbench.run(chain, { inputs: { text: input }, ...request }) }
}

describe('a run', () => {
  it('executes everything once, and nothing the second time', async () => {
    const { chain, path } = await bench()
    const first = await chain()
    expect(first.result.failure).toBeUndefined()
    expect(first.result.status).toBe('completed')
    expect(first.executed).toEqual(['first', 'pack', 'variant/.', 'variant/q'])
    expect(first.of('stage_skipped').map(({ stage, because }) => [stage, because])).toEqual([['note', 'condition']])
    expect(readFileSync(path('job/02_variant/q/loud.txt'), 'utf8')).toBe('HELLO!q')
    expect(first.result.outputs.size).toMatchObject({ kind: 'json', value: 6 })

    const second = await chain()
    expect(second.executed).toEqual([])
    expect(second.cached).toEqual(['first', 'pack', 'variant/.', 'variant/q'])
    expect(second.of('artifact_materialized')).toEqual([])
  })

  it('hits for a touched, renamed or moved input, in another job, and in one that was deleted', async () => {
    const { chain, path, input, jobDir } = await bench()
    const first = await chain()
    utimesSync(input, new Date(0), new Date(0))
    expect((await chain()).executed).toEqual([])
    const moved = path('über "x"\n.txt')
    writeFileSync(moved, 'hello')
    expect((await chain({ inputs: { text: moved } })).executed).toEqual([])
    const elsewhere = await chain({ jobDir: path('other') })
    expect(elsewhere.executed).toEqual([])
    rmSync(jobDir, { recursive: true })
    const again = await chain()
    expect(again.executed).toEqual([])
    expect(again.result.outputs.all).toEqual(first.result.outputs.all)
    expect(readFileSync(path('job/04_pack/all/1.txt'), 'utf8')).toBe('HELLO!.')
  })

  it('executes what a changed param reaches, and says what changed', async () => {
    const { chain } = await bench()
    await chain()
    const changed = await chain({ params: { marks: ['q', ',', '.'] } })
    expect(changed.executed).toEqual(['pack', 'variant/,'])
    const reasons = changed.of('stage_cache_miss').find(({ stage }) => stage === 'pack')?.reasons
    expect(reasons?.map((reason) => reason.kind === 'changed' && reason.path)).toEqual(['inputs.texts[1]'])
    const other = await chain({ params: { mark: '!!' } })
    const reason = other.of('stage_cache_miss').find(({ stage }) => stage === 'first')?.reasons
    expect(reason).toEqual([{ kind: 'changed', path: 'params.mark', from: '!', to: '!!' }])
  })

  it('cuts off early where a changed input gives the same bytes', async () => {
    const { chain, input } = await bench('hello')
    await chain()
    writeFileSync(input, 'HELLO')
    expect((await chain()).executed).toEqual(['first'])
  })

  it('takes a conditional step when a computed value says so', async () => {
    const { chain, path } = await bench('hello hello hello')
    const run = await chain()
    expect(run.executed).toContain('note')
    expect(readFileSync(path('job/04_pack/all/note.txt'), 'utf8')).toBe('HELLO HELLO HELLO~')
  })

  it('runs the selected steps and serves what they need', async () => {
    const { chain, path } = await bench()
    await chain()
    rmSync(path('job'), { recursive: true })
    const forced = await chain({ selection: { steps: ['pack'], force: true } })
    expect(forced.executed).toEqual(['pack'])
    expect(forced.of('stage_cache_miss')[0]?.reasons).toEqual([{ kind: 'forced' }])
    const byTheEarlierName = await chain({ selection: { stages: ['pack'], force: true } })
    expect(byTheEarlierName.executed).toEqual(['pack'])
    const byBothNames = await chain({ selection: { steps: ['first'], stages: ['pack'], force: true } })
    expect(byBothNames.executed).toEqual(['first', 'pack'])
    const rerun = await chain({ selection: { forceRerun: ['first'] } })
    expect(rerun.executed).toEqual(['first'])
  })

  it('refuses to run steps whose upstream is neither selected nor stored', async () => {
    const { chain } = await bench()
    const run = await chain({ selection: { from: 'pack' } })
    expect(run.executed).toEqual([])
    expect(run.result.failure).toMatchObject({ kind: 'upstream-unavailable' })
  })

  it('notices bytes in the job directory that are not the right ones, and puts the right ones back', async () => {
    const { chain, path } = await bench()
    await chain()
    writeFileSync(path('job/01_first/loud.txt'), 'HELLO?')
    const run = await chain()
    expect(run.executed).toEqual([])
    expect(run.of('artifact_materialized').map(({ stage }) => stage)).toEqual(['first'])
    expect(readFileSync(path('job/01_first/loud.txt'), 'utf8')).toBe('HELLO!')
  })

  it('removes what a killed run was putting in place, where it does so itself, and nothing of one that lives', async () => {
    const { chain, path } = await bench()
    await chain()
    rmSync(path('job/01_first/loud.txt'))
    // No system gives out so high a number.
    const left = [`.reprise-${2 ** 22 + 1}-h2k-1f`, `.reprise-${process.ppid}-h2k-1f`, '.reprise-1', '.reprise']
    for (const name of left) writeFileSync(path('job/01_first', name), 'half')
    expect((await chain()).executed).toEqual([])
    const there = readdirSync(path('job/01_first'))
    expect(left.filter((name) => there.includes(name))).toEqual(left.slice(1))
    expect(readFileSync(path('job/01_first/loud.txt'), 'utf8')).toBe('HELLO!')
  })
})

describe('what a run refuses', () => {
  it('names a missing input, and leaves nothing behind', async () => {
    const { chain, path } = await bench()
    const run = await chain({ inputs: { text: path('none.txt') } })
    expect(run.result.failure).toEqual({ kind: 'input-missing', input: 'text', path: path('none.txt') })
    expect(run.events).toEqual([])
    expect(() => readFileSync(path('job/job.json'))).toThrow()
  })

  it('says where no job directory can be made, instead of looking for one for ever', async () => {
    const { chain } = await bench()
    const { result } = await chain({ jobDir: '/proc/reprise/job' })
    expect(result.failure).toMatchObject({ kind: 'job-unusable', dir: '/proc/reprise/job' })
    expect(describeFailure(result.failure ?? { kind: 'disk-full', step: '', path: '' })).toContain('--job')
  })

  it('names unknown and reversed steps', async () => {
    const { chain } = await bench()
    const unknown = await chain({ selection: { from: 'frist' } })
    expect(unknown.result.failure).toEqual({
      kind: 'invalid',
      problems: [
        {
          where: 'selection.from',
          message: "unknown step 'frist': did you mean 'first'? (valid: first, variant, note, pack)",
        },
      ],
    })
    const reversed = await chain({ selection: { from: 'pack', to: 'first' } })
    expect(reversed.result.failure).toMatchObject({ kind: 'invalid' })
  })
})
