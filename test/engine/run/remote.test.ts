import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { newSigningKey, openRemote, tieredStore } from '../../../store/index.ts'
import { createWorkbench, openTestStore } from '../../rig/workbench.ts'

const count = defineStage({
  name: 'count',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { words: 'words.txt' },
  run({ inputs, outputs }) {
    writeFileSync(outputs.words, String(readFileSync(inputs.text, 'utf8').split(' ').length))
  },
})
const counting = definePipeline({
  name: 'counting',
  inputs: { text: 'file' },
  params: z.object({}),
  build: ({ step, inputs }) => step(count, { text: inputs.text }),
})

async function team() {
  const workbench = await createWorkbench()
  const { privateKey } = await newSigningKey()
  const input = workbench.path('input.txt')
  writeFileSync(input, 'as many words as these')
  const url = workbench.path('team')
  /** Opens the store of a machine, with the remote of the team behind it. */
  const machine = async (name: string, looksOnly = false) => {
    const remote = await openRemote({ url }, { cwd: '/', env: { REPRISE_REMOTE_SIGNING_KEY: privateKey } })
    if (!remote.ok) throw new Error(remote.error)
    return tieredStore(await openTestStore(workbench.path(name)), remote.value, { looksOnly })
  }
  const run = async (name: string) => {
    const store = await machine(name)
    return workbench.run(counting, { store, inputs: { text: input }, jobDir: workbench.path(`job-${name}`) })
  }
  return { ...workbench, input, url, run, machine }
}

describe("a run with a team's cache", () => {
  it('sends what it computes, and another machine has it without computing', async () => {
    const { url, run, path } = await team()
    mkdirSync(url)
    const first = await run('one')
    expect(first.executed).toEqual(['count'])
    expect(first.of('results_sent')).toMatchObject([{ remote: url, results: 1, left: 0 }])
    const second = await run('two')
    expect([second.executed, second.cached]).toEqual([[], ['count']])
    expect(second.of('stage_skipped')).toMatchObject([{ remote: url, scope: 'main', fetched_bytes: 1 }])
    expect(second.of('results_sent')).toEqual([])
    expect(JSON.parse(readFileSync(path('job-two', '01_count', 'manifest.json'), 'utf8'))).toMatchObject({
      cache: 'hit',
      fetched_from: `${url} (main)`,
    })
    const words = ['one', 'two'].map((name) => readFileSync(path(`job-${name}`, '01_count', 'words.txt'), 'utf8'))
    expect(words).toEqual(['5', '5'])
  })

  it('predicts that a step is a hit of the remote, and fetches nothing for that', async () => {
    const { url, run, machine, input, path } = await team()
    mkdirSync(url)
    await run('one')
    const store = await machine('two', true)
    const plan = await planRun({
      pipeline: counting,
      inputs: { text: input },
      jobDir: path('job'),
      store,
      device: 'cpu',
    })
    expect(plan).toMatchObject({ ok: true, value: [{ step: 'count', kind: 'hit', remote: url }] })
  })

  it('computes without a word of failure where the remote has gone, and warns once', async () => {
    const { url, run } = await team()
    mkdirSync(url)
    await run('one')
    rmSync(url, { recursive: true })
    const alone = await run('two')
    expect([alone.result.status, alone.executed]).toEqual(['completed', ['count']])
    expect(alone.of('pipeline_warning')).toHaveLength(1)
    expect(alone.of('results_sent')).toMatchObject([{ results: 0, left: 1 }])
  })
})
