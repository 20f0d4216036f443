import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, type Event } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shell = defineTool({
  name: 'sh',
  command: 'sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: { other: 'a shell' },
})
const misdeeds = ['none', 'input', 'outside', 'removes', 'process', 'short-lived'] as const

/** Copies its input, and does something else besides. */
const copy = defineStage({
  name: 'copy',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ does: z.enum(misdeeds).default('none'), label: z.string().default('') }),
  outputs: { text: 'text.txt' },
  tools: [shell],
  async run({ inputs, params, outputs, exec, fail }) {
    writeFileSync(outputs.text, `${readFileSync(inputs.text, 'utf8')}.`)
    const job = join(dirname(outputs.text), '../../..')
    // It has left its group when the file is there, and so outlives the shell that started it.
    const inBackground = (script: string) =>
      exec(shell, [
        '-c',
        `setsid sh -c 'touch "$TMPDIR/up"; '"$1" >/dev/null 2>&1 & while ! test -e "$TMPDIR/up"; do :; done`,
        'sh',
        script,
      ])
    switch (params.does) {
      case 'input':
        appendFileSync(inputs.text, 'changed')
        break
      case 'outside':
        writeFileSync(join(job, 'notes.txt'), 'x')
        writeFileSync(join(job, '.work/notes.txt'), 'x')
        break
      case 'removes':
        rmSync(join(job, '01_first/manifest.json'))
        fail('and fails')
        break
      case 'process':
        await inBackground('exec sleep 1000')
        break
      case 'short-lived':
        await inBackground('exec sleep 0.2')
        break
      default:
    }
  },
})
const two = definePipeline({
  name: 'two',
  inputs: { text: 'file' },
  params: copy.params,
  build({ step, inputs, params }) {
    const first = step(copy, { text: inputs.text }, { id: 'first' })
    const other = step(copy, { text: inputs.text }, { id: 'other', params: { label: 'other' } })
    return { second: step(copy, { text: first.text }, { id: 'second', params }).text, other: other.text }
  },
})

async function bench() {
  const workbench = await createWorkbench()
  const text = workbench.path('in.txt')
  writeFileSync(text, 'four')
  const run = async (does: (typeof misdeeds)[number], request = {}) => {
    const observed = await workbench.run(two, { inputs: { text }, params: { does }, lint: true, ...request })
    const events = observed.of('stage_lint').map(({ stage, finding, what }) => ({ stage, finding, what }))
    expect(events).toEqual(observed.result.lint ?? [])
    return { ...observed, found: observed.result.lint }
  }
  return { ...workbench, two: run }
}

describe('lint mode', () => {
  it('finds nothing where there is nothing, runs one step at a time, and looks at no hit', async () => {
    const { two } = await bench()
    const first = await two('none', { concurrency: 4 })
    expect(first.result.status).toBe('completed')
    expect(first.found).toEqual([])
    const order = first.events.flatMap((event) =>
      /^stage_(running|completed)$/.test(event.event) ? [event.event] : [],
    )
    expect(order).toEqual(Array.from({ length: 3 }, () => ['stage_running', 'stage_completed']).flat())
    const again = await two('none')
    expect([again.executed, again.found]).toEqual([[], []])
  })

  it('is not on unless it is asked for', async () => {
    const { two } = await bench()
    expect((await two('outside', { lint: false })).found).toBeUndefined()
  })

  it('names a step that changed its input, which is not recorded', async () => {
    const { two, path } = await bench()
    const run = await two('input')
    expect(run.found).toEqual([{ stage: 'second', finding: 'input-changed', what: [path('job/01_first/text.txt')] }])
    expect(run.result.failure).toMatchObject({ kind: 'input-changed', step: 'second' })
  })

  it('names what a step wrote outside its workspace, and what it removed, also when it fails', async () => {
    const { two } = await bench()
    const wrote = await two('outside')
    expect(wrote.result.status).toBe('completed')
    expect(wrote.found).toEqual([{ stage: 'second', finding: 'wrote-outside', what: ['.work/notes.txt', 'notes.txt'] }])
    const removed = await two('removes')
    expect(removed.result.status).toBe('failed')
    expect(removed.found).toEqual([{ stage: 'second', finding: 'wrote-outside', what: ['01_first/manifest.json'] }])
  })

  it('names a process that a step left running, and none that ends by itself', async () => {
    const { two } = await bench()
    const run = await two('process')
    expect(run.found).toMatchObject([
      { stage: 'second', finding: 'process-left', what: [expect.stringMatching(/^sleep 1000 \(pid \d+\)$/)] },
    ])
    const nowMs = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(nowMs)
    onTestFinished(() => void vi.restoreAllMocks())
    expect((await two('short-lived')).found, 'what it waits for is the process').toEqual([])
  })

  it('names an output that changed after its step had ended', async () => {
    const { two, path } = await bench()
    const made = path('job/01_first/text.txt')
    const run = await two('none', {
      onEvent: (event: Event) => {
        if (event.event === 'stage_completed' && event.stage === 'first') appendFileSync(made, 'late')
      },
    })
    expect(run.found?.[0]).toEqual({ stage: 'first', finding: 'output-changed', what: [made] })
  })
})
