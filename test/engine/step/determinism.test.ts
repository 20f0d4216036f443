import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, failureMessage, json } from '../../../src/core/index.ts'
import { copyText } from '../../rig/plain-stages.ts'
import { createWorkbench, type Workbench } from '../../rig/workbench.ts'

/** A pipeline whose second step writes what `work` makes of the number of its execution. */
function twoSteps(work: (execution: number) => string, deterministic?: boolean) {
  const executions = { count: 0 }
  const begin = defineStage({
    name: 'begin',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { text: 'text.txt' },
    run: ({ outputs }) => writeFileSync(outputs.text, 'begun'),
  })
  const work2 = defineStage({
    name: 'work',
    version: 1,
    inputs: { text: 'file' },
    params: z.object({}),
    outputs: { text: 'text.txt', values: 'values.json', all: 'all/', value: json(z.looseObject({})) },
    ...(deterministic === undefined ? {} : { deterministic }),
    run({ inputs, outputs }) {
      executions.count += 1
      const made = work(executions.count)
      writeFileSync(outputs.text, readFileSync(inputs.text, 'utf8') + made)
      writeFileSync(outputs.values, JSON.stringify({ cues: [{ text: made }] }))
      mkdirSync(`${outputs.all}/deep`)
      writeFileSync(`${outputs.all}/deep/one.txt`, `always ${made}`)
      writeFileSync(`${outputs.all}/only-${made}.txt`, 'x')
      return { value: { 'a/b': [1, made], same: true } }
    },
  })
  const pipeline = definePipeline({
    name: 'two-steps',
    inputs: {},
    params: z.object({}),
    build({ step }) {
      const { text } = step(begin, {})
      return step(copyText, { text: step(work2, { text }).text }, { id: 'end' })
    },
  })
  return { executions, pipeline }
}

const check = { checkDeterminism: ['work'], to: 'work' }

function workspacesOf({ path }: Workbench): readonly string[] {
  const events = readFileSync(path('job/events.jsonl'), 'utf8')
  return [...events.matchAll(/executing the step again/g)].map(([text]) => text)
}

describe('a check of determinism', () => {
  it('executes once more where the run executed, and twice where the store had the result, and changes neither', async () => {
    const { executions, pipeline } = twoSteps(() => 'same')
    const workbench = await createWorkbench()
    const first = await workbench.run(pipeline, { selection: check })
    expect([first.result.status, executions.count, first.executed]).toEqual(['completed', 2, ['begin', 'work']])
    expect(first.of('stage_compared').map(({ stage, differences }) => [stage, differences])).toEqual([['work', []]])
    const second = await workbench.run(pipeline, { selection: check })
    expect([second.result.status, executions.count, second.executed]).toEqual(['completed', 4, []])
    expect(second.of('stage_compared').map(({ stage }) => stage)).toEqual(['work'])
    expect(workspacesOf(workbench)).toHaveLength(3)
    const plain = await workbench.run(pipeline)
    expect([executions.count, plain.executed]).toEqual([4, ['end']])
  })

  it('names what differs: the byte, the place in a JSON value, the file in a tree', async () => {
    const { pipeline } = twoSteps((execution) => `made-${execution}`)
    const { run } = await createWorkbench()
    const { result, executed } = await run(pipeline, { selection: { checkDeterminism: ['work'] } })
    expect([result.status, result.failedSteps, executed]).toEqual(['failed', ['work'], ['begin', 'work']])
    expect(result.failure).toEqual({
      kind: 'not-deterministic',
      step: 'work',
      differences: [
        { kind: 'bytes', output: 'text', offset: 'begunmade-'.length },
        { kind: 'value', output: 'values', pointer: '/cues/0/text', first: 'made-1', second: 'made-2' },
        { kind: 'bytes', output: 'all', path: 'deep/one.txt', offset: 'always made-'.length },
        { kind: 'only-in', output: 'all', path: 'only-made-1.txt', execution: 1 },
        { kind: 'only-in', output: 'all', path: 'only-made-2.txt', execution: 2 },
        { kind: 'value', output: 'value', pointer: '/a~1b/1', first: 'made-1', second: 'made-2' },
      ],
    })
    const told = result.failure === undefined ? '' : failureMessage(result.failure)
    expect(told).toContain('text differs from byte 10 on\nvalues differs at /cues/0/text: "made-1" and "made-2"\n')
    // The first result is kept: that it is not the only one there could be, the check has said.
    expect((await run(pipeline)).executed).toEqual(['end'])
  })

  it('finds a file that is only longer', async () => {
    const { pipeline } = twoSteps((execution) => 'x'.repeat(execution))
    const { run } = await createWorkbench()
    const { failure } = (await run(pipeline, { selection: check })).result
    expect(failure?.kind === 'not-deterministic' && failure.differences[0]).toEqual({
      kind: 'bytes',
      output: 'text',
      offset: 'begunx'.length,
    })
  })

  it('fails no stage that says it gives other bytes each time; its manifest says so, too', async () => {
    const { executions, pipeline } = twoSteps((execution) => `made-${execution}`, false)
    const { run, path } = await createWorkbench()
    const first = await run(pipeline, { selection: check })
    expect([first.result.status, executions.count]).toEqual(['completed', 2])
    expect(first.of('stage_compared')[0]?.differences[0]).toEqual({ kind: 'bytes', output: 'text', offset: 10 })
    expect(JSON.parse(readFileSync(path('job/02_work/manifest.json'), 'utf8'))).toMatchObject({ deterministic: false })
    expect(JSON.parse(readFileSync(path('job/01_begin/manifest.json'), 'utf8'))).not.toHaveProperty('deterministic')
    expect((await run(pipeline)).executed).toEqual(['end'])
  })

  it('tells of a second execution that fails', async () => {
    const { pipeline } = twoSteps((execution) => {
      if (execution === 2) throw new Error('not twice')
      return 'once'
    })
    const { run } = await createWorkbench()
    expect((await run(pipeline, { selection: check })).result.failure).toMatchObject({ kind: 'stage-threw' })
  })

  it('is refused for a step that there is not', async () => {
    const { pipeline } = twoSteps(() => '')
    const { run } = await createWorkbench()
    for (const to of [{}, { to: 'worm' }]) {
      const { failure } = (await run(pipeline, { selection: { checkDeterminism: ['worm'], ...to } })).result
      expect(failure).toMatchObject({ kind: 'invalid', problems: [{ where: 'selection.checkDeterminism' }] })
    }
  })
})
