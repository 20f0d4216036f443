import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, type Event } from '../../../src/core/index.ts'
import { startPipeline } from '../../../src/engine/index.ts'
import { controlledPipeline, createControl } from '../../rig/controlled-stage.ts'
import { createWorkbench } from '../../rig/workbench.ts'

/** Something that one side waits for and the other gives. */
function deferred() {
  let give: () => void = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}

/** A pipeline of one step that arrives, and goes on when it is let. */
async function bench() {
  const workbench = await createWorkbench()
  const arrived = deferred()
  const door = deferred()
  const stage = defineStage({
    name: 'wait',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { text: 'text.txt' },
    async run({ outputs, signal, progress }) {
      progress(0.25)
      arrived.give()
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      )
      await Promise.race([door.given, aborted])
      writeFileSync(outputs.text, 'done')
    },
  })
  const pipeline = definePipeline({
    name: 'waiting',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => step(stage, {}),
  })
  const { store, jobDir } = workbench
  const start = () => startPipeline({ pipeline, inputs: {}, jobDir, store, device: 'cpu' })
  return { ...workbench, start, arrived: arrived.given, letGo: door.give }
}

async function all(events: AsyncIterable<Event>): Promise<readonly string[]> {
  const types: string[] = []
  for await (const { event } of events) types.push(event)
  return types
}

describe('a started run', () => {
  it('tells its status while it goes on, and its result at the end', async () => {
    const { start, arrived, letGo, jobDir } = await bench()
    const run = start()
    expect(run.status()).toEqual({ jobDir, state: 'starting', steps: [] })
    await arrived
    expect(run.status()).toMatchObject({
      state: 'running',
      steps: [{ step: 'wait', state: 'running', fraction: 0.25 }],
    })
    letGo()
    expect((await run.result).status).toBe('completed')
    expect(run.status()).toMatchObject({ state: 'completed', steps: [{ step: 'wait', state: 'done', cache: 'miss' }] })
    run.cancel()
    expect(run.status().state).toBe('completed')
  })

  it('gives its events from the beginning to everyone who asks, also after the end', async () => {
    const { start, arrived, letGo } = await bench()
    const run = start()
    const early = all(run.events())
    await arrived
    const late = all(run.events())
    letGo()
    await run.result
    const types = await all(run.events())
    expect(types[0]).toBe('pipeline_started')
    expect(types.at(-1)).toBe('pipeline_completed')
    expect(await early).toEqual(types)
    expect(await late).toEqual(types)
  })

  it('is cancelled', async () => {
    const { start, arrived } = await bench()
    const run = start()
    await arrived
    run.cancel('enough')
    expect(run.status().state).toBe('cancelling')
    expect(await run.result).toMatchObject({ status: 'cancelled', reason: 'enough' })
    expect((await all(run.events())).at(-1)).toBe('pipeline_cancelled')
    for await (const event of run.events()) {
      if (event.event === 'pipeline_cancelled') expect(event.reason).toBe('enough')
    }
  })

  it('is cancelled before anything is looked at, and without a reason', async () => {
    const { start } = await bench()
    const early = start()
    early.cancel('enough')
    expect(await early.result).toMatchObject({ status: 'cancelled', reason: 'enough' })
    const plain = start()
    plain.cancel()
    expect(await plain.result).not.toHaveProperty('reason')
  })

  it('ends its events when it cannot begin', async () => {
    const { store, jobDir } = await createWorkbench()
    const pipeline = definePipeline({
      name: 'needy',
      inputs: { text: 'file' },
      params: z.object({}),
      build: () => ({}),
    })
    const run = startPipeline({ pipeline, inputs: { text: `${jobDir}/none` }, jobDir, store })
    expect(await all(run.events())).toEqual([])
    expect((await run.result).failure?.kind).toBe('input-missing')
    expect(run.status().state).toBe('failed')
  })

  it('is killed at once by the second cancel', async () => {
    const { store, jobDir, path } = await createWorkbench()
    const shell = defineTool({
      name: 'sh',
      command: 'sh',
      version: { args: ['-c', 'echo 1'], parse: (text) => text.trim() },
      install: {},
    })
    const stubborn = defineStage({
      name: 'stubborn',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { text: 'text.txt' },
      tools: [shell],
      run: async ({ exec, outputs, log }) => {
        const script = 'trap "" TERM; echo $$ >"$1"; echo here; while :; do read -r line <"$2"; done'
        const options = { onStdoutLine: log }
        await exec(shell, ['-c', script, 'sh', path('pid'), path('fifo')], options)
        writeFileSync(outputs.text, '')
      },
    })
    const pipeline = definePipeline({
      name: 'stubborn',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(stubborn, {}),
    })
    // With this grace, the test's own limit would be reached first.
    const run = startPipeline({ pipeline, inputs: {}, jobDir, store, killGraceMs: 600_000 })
    for await (const event of run.events()) {
      if (event.event !== 'stage_log') continue
      run.cancel()
      run.cancel()
    }
    expect((await run.result).status).toBe('cancelled')
    const pid = Number(readFileSync(path('pid'), 'utf8'))
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('does not wait out the grace for a stage that heeds nothing, after the second cancel', async () => {
    const { store, jobDir } = await createWorkbench()
    const control = createControl()
    const pipeline = controlledPipeline(control, { deaf: {} })
    // With this grace, the test's own limit would be reached first.
    const run = startPipeline({ pipeline, inputs: {}, jobDir, store, device: 'cpu', killGraceMs: 600_000 })
    await control.invoked('deaf')
    run.cancel()
    run.cancel()
    expect((await run.result).status).toBe('cancelled')
  })
})
