import {
  chmodSync,
  copyFileSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, type Event, file, json, many, optional } from '../../../src/core/index.ts'
import { type DonePlace, DoneStepsOfJob } from '../../../src/engine/site/done-steps.ts'
import { digestBytes, openStore, stampNumbersCount, stampOf } from '../../../store/index.ts'
import { createWorkbench, observe, openTestStore, temporaryDirectory } from '../../rig/workbench.ts'

const write = defineStage({
  name: 'write',
  version: 1,
  inputs: { text: 'file', note: optional(file()) },
  params: z.object({ mark: z.string().default('!'), times: z.number().default(1) }),
  outputs: { text: 'text.txt', size: json(z.number()) },
  run({ inputs, params, outputs }) {
    const text = (readFileSync(inputs.text, 'utf8') + params.mark).repeat(params.times)
    writeFileSync(outputs.text, text)
    return { size: text.length }
  },
})
const gather = defineStage({
  name: 'gather',
  version: 1,
  inputs: { texts: many(file()) },
  params: z.object({}),
  outputs: { all: 'all.txt' },
  run: ({ inputs, outputs }) =>
    writeFileSync(outputs.all, inputs.texts.map((path) => readFileSync(path, 'utf8')).join('\n')),
})

/** Three steps in a row, and one beside them, gathered; the first one's text is kept out of line. */
const row = definePipeline({
  name: 'row',
  inputs: { text: 'file' },
  params: z.object({ mark: z.string().default('!') }),
  build({ step, inputs, params: { mark } }) {
    const first = step(write, { text: inputs.text }, { id: 'first', params: { times: 9000 } })
    const second = step(write, { text: first.text }, { id: 'second', params: { mark } })
    const beside = step(write, { text: inputs.text, note: first.text }, { id: 'beside' })
    const { all } = step(gather, { texts: [second.text, beside.text] })
    return { all, size: beside.size }
  },
})
const ids = ['beside', 'first', 'gather', 'second']

/** One step that is taken as a param says, and one as another step's output says, both made of what neither speaks of. */
const conditional = definePipeline({
  name: 'conditional',
  inputs: { text: 'file', other: 'file' },
  params: z.object({ loud: z.boolean() }),
  build({ step, inputs, params: { loud } }) {
    const { size } = step(write, { text: inputs.text }, { id: 'measure' })
    const isLong = { of: size, is: (length: number) => length > 3 }
    const long = step(write, { text: inputs.other }, { id: 'isLong', when: isLong })
    return { long: long.size, loud: step(write, { text: inputs.other }, { id: 'isLoud', when: loud }).size }
  },
})

/** A workbench whose job has nothing to do any more. */
async function doneBench() {
  const workbench = await createWorkbench()
  const input = workbench.path('input.txt')
  writeFileSync(input, 'hello')
  // What was written a moment ago is not trusted by its time alone.
  utimesSync(input, new Date(0), new Date(0))
  const lookup = vi.spyOn(workbench.store, 'lookup')
  const run = async (request: Parameters<typeof workbench.run>[1] = {}) => {
    lookup.mockClear()
    const observed = await workbench.run(row, { inputs: { text: input }, ...request })
    return { ...observed, lookups: lookup.mock.calls.length }
  }
  expect((await run()).executed).toEqual(ids)
  const lookedUp = await run()
  expect(lookedUp).toMatchObject({ cached: ids, lookups: ids.length })
  return { ...workbench, input, run, lookedUp }
}

/** What events say, without when. */
function told(events: readonly Event[]): readonly object[] {
  return events
    .filter(({ event }) => event === 'stage_skipped')
    .map(({ ts: _ts, run: _run, ...rest }) => rest)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

describe('steps that the last run left done', () => {
  it('end without a look-up, with all that one would give', async () => {
    const { run, lookedUp, store, jobDir } = await doneBench()
    const before = store.ledger.jobs.steps(jobDir)
    const untouched = await run()
    expect(untouched).toMatchObject({ cached: ids, lookups: 0 })
    expect(told(untouched.events)).toEqual(told(lookedUp.events))
    expect(untouched.result.outcomes).toEqual(lookedUp.result.outcomes)
    expect(untouched.result.outputs).toEqual(lookedUp.result.outputs)
    expect(untouched.result.summary).toMatchObject({ cached: 4, savedMs: lookedUp.result.summary.savedMs })
    expect(untouched.of('pipeline_resumed')).toMatchObject([{ done: 4 }])
    expect(store.ledger.jobs.steps(jobDir)).toEqual(before)
    expect((await run()).lookups).toBe(0)
  })

  it.each<[string, (path: string, manifest: string) => void]>([
    [
      'was edited, to the same length and with its old time',
      (path) => {
        const { atime, mtime, size } = lstatSync(path)
        writeFileSync(path, 'x'.repeat(size))
        utimesSync(path, atime, mtime)
      },
    ],
    ['was touched', (path) => utimesSync(path, new Date(), new Date())],
    ['is gone', (path) => rmSync(path)],
    [
      'was replaced by a copy',
      (path) => {
        copyFileSync(path, `${path}.copy`)
        renameSync(`${path}.copy`, path)
      },
    ],
    [
      'was replaced by a link',
      (path) => {
        renameSync(path, `${path}.moved`)
        symlinkSync(`${path}.moved`, path)
      },
    ],
    ['was made executable', (path) => chmodSync(path, 0o755)],
    ['has another manifest', (_, manifest) => writeFileSync(manifest, '{}')],
    ['has no manifest', (_, manifest) => rmSync(manifest)],
    ['has no directory', (path) => rmSync(dirname(path), { recursive: true })],
  ])('are looked up where one %s', async (_, change) => {
    const { run, lookedUp, jobDir } = await doneBench()
    change(`${jobDir}/02_second/text.txt`, `${jobDir}/02_second/manifest.json`)
    const changed = await run()
    expect(changed).toMatchObject({ executed: [], cached: ids, lookups: 1 })
    expect(changed.result.outputs).toEqual(lookedUp.result.outputs)
    expect(lstatSync(`${jobDir}/02_second/text.txt`).isFile()).toBe(true)
    expect(readFileSync(`${jobDir}/02_second/text.txt`, 'utf8')).toBe(`${'hello!'.repeat(9000)}!`)
    expect(readFileSync(`${jobDir}/02_second/manifest.json`, 'utf8')).toContain('"step": "second"')
  })

  it('are looked up again when an hour has passed, and their manifests say that they were', async () => {
    const { run, jobDir } = await doneBench()
    const later = Date.now() + 3_600_000
    vi.useFakeTimers({ toFake: ['Date'], now: later })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    expect(await run()).toMatchObject({ cached: ids, lookups: ids.length })
    const manifest: unknown = JSON.parse(readFileSync(`${jobDir}/01_first/manifest.json`, 'utf8'))
    expect(manifest).toMatchObject({ last_checked_ts: later / 1000 })
  })

  it('are looked up where something was removed from the store, and made again where it was theirs', async () => {
    const { run, store, jobDir, lookedUp } = await doneBench()
    const keyOf = (step: string) => store.ledger.jobs.keys(jobDir, 'row')[step] ?? ''
    await store.actions.remove([keyOf('second')], 'a test')
    const removed = await run()
    expect(removed).toMatchObject({ executed: ['second'], lookups: ids.length + 1 })
    expect(removed.of('stage_cache_miss')).toMatchObject([{ stage: 'second', reasons: [{ kind: 'evicted' }] }])
    await run()
    expect((await run()).lookups).toBe(0)
    await store.actions.remove([keyOf('second')], 'a test')
    expect((await run({ selection: { to: 'first' } })).lookups).toBe(1)
    expect(await run()).toMatchObject({ executed: ['second'], cached: ['beside', 'first', 'gather'] })
    await run()
    expect((await run()).lookups).toBe(0)
    const first = lookedUp.result.outcomes.get('first')
    const hash = first?.kind === 'cached' ? (first.result.outputs.text?.digest.hash ?? '') : ''
    rmSync(`${store.dir}/blobs/${hash.slice(0, 2)}/${hash.slice(2)}`)
    const lost = await run()
    expect(lost.of('stage_cache_miss')).toMatchObject([{ stage: 'first', reasons: [{ kind: 'missing' }] }])
    expect(lost.executed).toEqual(['first'])
  })

  it('are not taken for those of another store, job or key, nor where they are to be executed', async () => {
    const { run, path, input } = await doneBench()
    expect((await run({ jobDir: path('other') })).lookups).toBe(ids.length)
    expect((await run({ params: { mark: '?' } })).executed).toEqual(['gather', 'second'])
    expect(await run()).toMatchObject({ executed: [], cached: ids, lookups: 2 })
    expect((await run({ selection: { forceRerun: ['second'] } })).executed).toEqual(['second'])
    expect((await run({ selection: { reroll: ['beside'] } })).executed).toEqual(['beside'])
    for (let again = 0; again < 2; again++) await run()
    expect((await run()).lookups).toBe(0)
    expect((await run({ selection: { checkDeterminism: ['gather'] } })).of('stage_log')).not.toEqual([])
    const store = await openTestStore(path('another-store'))
    expect((await run({ store })).executed).toEqual(ids)
    writeFileSync(input, 'bye')
    expect((await run()).executed).toEqual(ids)
  })

  it('are left out where the run does not need them', async () => {
    const { run } = await doneBench()
    const some = await run({ selection: { to: 'second' } })
    expect(some).toMatchObject({ executed: [], cached: ['first', 'second'], lookups: 0 })
    expect([...some.result.outcomes.keys()].sort()).toEqual(['first', 'second'])
    expect((await run()).lookups).toBe(0)
  })

  it('have the manifest of the key that they have now, which says how they came by their result', async () => {
    const { run, jobDir, store } = await doneBench()
    const manifest = (): unknown => JSON.parse(readFileSync(`${jobDir}/02_second/manifest.json`, 'utf8'))
    await run({ params: { mark: '?' } })
    expect(manifest()).toMatchObject({ action_key: store.ledger.jobs.keys(jobDir, 'row').second, cache: 'miss' })
    for (const mark of ['?', '!', '?']) {
      expect(await run({ params: { mark } })).toMatchObject({ executed: [] })
      expect(manifest()).toMatchObject({ action_key: store.ledger.jobs.keys(jobDir, 'row').second, cache: 'hit' })
    }
  })

  it('are not taken any more where their conditions do not hold now', async () => {
    const { run, path } = await createWorkbench()
    const [text, other] = [path('text.txt'), path('other.txt')]
    writeFileSync(text, 'long')
    writeFileSync(other, 'other')
    const taken = async (loud: boolean) => {
      for (const file of [text, other]) utimesSync(file, new Date(0), new Date(0))
      const { result } = await run(conditional, { inputs: { text, other }, params: { loud } })
      return ['isLong', 'isLoud'].filter((id) => result.outcomes.get(id)?.kind !== 'skipped')
    }
    for (let again = 0; again < 3; again++) expect(await taken(true)).toEqual(['isLong', 'isLoud'])
    expect(await taken(false)).toEqual(['isLong'])
    writeFileSync(text, 'l')
    expect(await taken(true)).toEqual(['isLoud'])
  })

  it('are not ended after a cancel', async () => {
    const { run } = await doneBench()
    const controller = new AbortController()
    const onEvent = ({ event }: Event) => {
      if (event === 'stage_skipped') controller.abort()
    }
    const cancelled = await run({ signal: controller.signal, onEvent })
    expect(cancelled).toMatchObject({ cached: ['first'], executed: [], result: { status: 'cancelled' } })
    expect((await run()).lookups).toBe(0)
  })

  it('are counted as hits, and noted as used when that was not done a while ago', async () => {
    const dir = temporaryDirectory()
    const input = `${dir}/input.txt`
    writeFileSync(input, 'hello')
    utimesSync(input, new Date(0), new Date(0))
    let passedMs = 0
    const clocks = { wallMs: () => Date.now() + passedMs, monotonicMs: () => performance.now() + passedMs }
    const runOnce = async () => {
      const opened = await openStore({ dir: `${dir}/store`, now: clocks.wallMs, clocks })
      if (!opened.ok) throw new Error(opened.error.kind)
      const store = opened.value
      try {
        const lookup = vi.spyOn(store, 'lookup')
        const request = { pipeline: row, inputs: { text: input }, jobDir: `${dir}/job`, store, device: 'cpu' as const }
        const { result } = await observe(request)
        const used = ids.map((id) => {
          const outcome = result.outcomes.get(id)
          return outcome !== undefined && 'key' in outcome ? store.uses.get(outcome.key) : undefined
        })
        const [today] = store.ledger.days.recent()
        return { lookups: lookup.mock.calls.length, used, hits: today?.hits, savedMs: today?.savedMs }
      } finally {
        await store.close()
      }
    }
    await runOnce()
    const lookedUp = await runOnce()
    const untouched = await runOnce()
    expect(untouched).toMatchObject({ lookups: 0, used: lookedUp.used, hits: 8 })
    expect(untouched.savedMs).toBe(2 * (lookedUp.savedMs ?? 0))
    passedMs = 11 * 60 * 1000
    const later = await runOnce()
    expect(later.lookups).toBe(0)
    expect(later.used.map((use) => use?.hits)).toEqual([2, 2, 2, 2])
    expect(later.used).not.toEqual(untouched.used)
    passedMs += 60 * 1000
    expect((await runOnce()).used).toEqual(later.used)
  })
})

describe('what is known of done steps', () => {
  const placeIn = (path: (name: string) => string, letter: string): DonePlace => ({
    step: { id: 'step' },
    prepared: { key: letter.repeat(64) },
    manifestPath: path('manifest.json'),
    pathOf: path,
  })
  const digest = digestBytes(Buffer.from('made'))
  const result = {
    outputs: { made: { kind: 'file', digest, sizeBytes: 4 } },
    durationMs: 1,
    device: 'cpu',
    tools: {},
    producedAt: '2026-01-01T00:00:00.000Z',
  } as const

  it('is the result of the manifest that is there, and of none that went as it was written', async () => {
    const { store, path } = await createWorkbench()
    const steps = new DoneStepsOfJob(store.ledger, path('job'))
    const [before, now] = [placeIn(path, 'a'), placeIn(path, 'b')]
    writeFileSync(before.manifestPath, '{}')
    steps.note(before, 'miss')
    rmSync(now.manifestPath)
    steps.note(now, 'hit', { ...result, outputs: {} })
    expect(steps.get('step')).toMatchObject({ key: before.prepared.key, cache: 'miss' })
    expect(steps.get('step')?.result).toBeUndefined()
  })

  it('is no result whose output is something else by now, and the stamps of one, however often it is noted', async () => {
    const { store, path } = await createWorkbench()
    writeFileSync(path('made'), 'made')
    const stats = lstatSync(path('made'), { bigint: true })
    const stamp = stampOf(stats)
    let known = digestBytes(Buffer.from('else'))
    const fileDigests = { ...store.ledger.fileDigests, known: () => ({ digest: known, stamp }) }
    const steps = new DoneStepsOfJob({ ...store.ledger, fileDigests }, path('job'))
    const place = placeIn(path, 'a')
    writeFileSync(place.manifestPath, '{}')
    const note = () => steps.note(place, 'hit', result)
    note()
    expect(steps.get('step')?.result).toBeUndefined()
    known = digest
    for (let again = 0; again < 2; again++) {
      note()
      expect(steps.get('step')).toMatchObject({ result, stamps: { length: 2 * stampNumbersCount } })
    }
  })
})
