import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, failureMessage, json } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shell = defineTool({
  name: 'sh',
  command: 'sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: { other: 'a shell' },
})

/** Writes a text some times over; its contract wants it to be as long as its input, unless a param says otherwise. */
const repeat = defineStage({
  name: 'repeat',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ times: z.number(), contract: z.enum(['length', 'tool', 'throws', 'text']).default('length') }),
  outputs: { text: 'text.txt', size: json(z.number()) },
  tools: [shell],
  contracts: [
    {
      name: 'as long as its input',
      async check({ inputs, params, outputs, exec }) {
        if (params.contract === 'throws') throw new TypeError('no such thing')
        // An author without types may well return this.
        if (params.contract === 'text') return 'too long' as never
        if (params.contract === 'tool') await exec(shell, ['-c', 'echo broken >&2; exit 3'])
        const { stdout } = await exec(shell, ['-c', 'wc -c < "$1"', 'sh', outputs.text])
        const expected = readFileSync(inputs.text).length
        const found = Number(stdout)
        if (found === expected && outputs.size === found) return undefined
        return [{ message: 'the text has another length', expected: `${expected} bytes`, found: `${found} bytes` }]
      },
    },
  ],
  run({ inputs, params, outputs }) {
    const text = readFileSync(inputs.text, 'utf8').repeat(params.times)
    writeFileSync(outputs.text, text)
    return { size: text.length }
  },
})
const repeated = definePipeline({
  name: 'repeated',
  inputs: { text: 'file' },
  params: repeat.params,
  build: ({ step, inputs, params }) => step(repeat, { text: inputs.text }, { params }),
})

async function bench() {
  const workbench = await createWorkbench()
  const text = workbench.path('in.txt')
  writeFileSync(text, 'four')
  return { ...workbench, repeated: (params: object) => workbench.run(repeated, { inputs: { text }, params }) }
}

describe('a contract', () => {
  it('lets outputs pass that keep it, and is not asked again for a hit', async () => {
    const { repeated } = await bench()
    const first = await repeated({ times: 1 })
    expect(first.result.failure).toBeUndefined()
    expect(first.executed).toEqual(['repeat'])
    expect((await repeated({ times: 1 })).cached).toEqual(['repeat'])
  })

  it('fails the step when it is violated, says what was expected and found, and nothing is stored', async () => {
    const { repeated, store, path } = await bench()
    const run = await repeated({ times: 2 })
    const failure = {
      kind: 'contract-violated',
      step: 'repeat',
      contract: 'as long as its input',
      violations: [{ message: 'the text has another length', expected: '4 bytes', found: '8 bytes' }],
    } as const
    expect(run.result).toMatchObject({ status: 'failed', failure })
    expect(run.of('stage_failed').map(({ failure, message }) => ({ failure, message }))).toEqual([
      {
        failure,
        message:
          "the outputs violate the contract 'as long as its input': the text has another length (expected 4 bytes, found 8 bytes); nothing was stored",
      },
    ])
    expect(failureMessage(failure)).toBe(run.of('stage_failed')[0]?.message)
    expect(run.of('artifact_stored')).toEqual([])
    expect(await store.lookup(run.of('stage_cache_miss')[0]?.key ?? '')).toEqual({ kind: 'absent' })
    expect(existsSync(path('job/01_repeat/text.txt'))).toBe(false)
    expect(JSON.parse(readFileSync(path('job/01_repeat/manifest.json'), 'utf8'))).toMatchObject({ failure })
    expect((await repeated({ times: 2 })).executed).toEqual(['repeat'])
  })

  it('that cannot be checked fails the step with the failure of its tool, or as a mistake', async () => {
    const { repeated } = await bench()
    const failing = await repeated({ times: 1, contract: 'tool' })
    expect(failing.result.failure).toMatchObject({ kind: 'stage-exited', exitCode: 3, stderrTail: 'broken' })
    const throwing = await repeated({ times: 1, contract: 'throws' })
    expect(throwing.result.failure).toMatchObject({ kind: 'stage-threw', message: 'no such thing' })
    const answering = await repeated({ times: 1, contract: 'text' })
    expect(answering.result.failure).toMatchObject({
      kind: 'stage-threw',
      message: expect.stringContaining("the contract 'as long as its input' must return a list of violations"),
    })
  })

  it('is not asked about outputs that are not what the stage declares', async () => {
    const { run, path } = await bench()
    const asked: string[] = []
    const nothing = defineStage({
      name: 'nothing',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { text: 'text.txt' },
      contracts: [{ name: 'asked', check: ({ outputs }) => void asked.push(outputs.text) }],
      run() {},
    })
    const pipeline = definePipeline({
      name: 'nothing',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(nothing, {}),
    })
    const { result } = await run(pipeline, { jobDir: path('other') })
    expect(result.failure).toMatchObject({ kind: 'output-missing' })
    expect(asked).toEqual([])
  })
})
