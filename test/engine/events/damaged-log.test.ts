import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, describeReason, type Event } from '../../../src/core/index.ts'
import { parseEvent, readJobEvents, readLastEvent } from '../../../src/engine/events/event-log.ts'
import { followRun, jobStatus, listJobs } from '../../../src/engine/index.ts'
import { explainSteps, lastDecisions } from '../../../src/report/text/explanation.ts'
import { styleFor } from '../../../src/report/text/style.ts'
import { eventfulRun } from '../../report/events.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { text: 'text.txt' },
  run({ outputs, params, fail, log, progress }) {
    log('a line')
    progress(0.5, 'half')
    if (params.text === 'fail') fail('as asked')
    writeFileSync(outputs.text, params.text)
  },
})
const pipeline = definePipeline({
  name: 'two',
  inputs: {},
  params: z.object({ text: z.string().default('1') }),
  build: ({ step, params }) => ({
    one: step(make, {}, { id: 'one', params }).text,
    two: step(make, {}, { id: 'two', params: { text: '2' } }).text,
  }),
})

/** A job with an event of every kind that its runs meet. */
async function bench() {
  const workbench = await createWorkbench()
  await workbench.run(pipeline)
  await workbench.run(pipeline, { params: { text: 'fail' }, keepGoing: true })
  await workbench.run(pipeline, { params: { text: '3' } })
  const { jobDir, store } = workbench
  const log = join(jobDir, 'events.jsonl')
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  /** Does what the commands do that read the log. */
  const readAll = async () => {
    const status = await jobStatus(jobDir)
    if (!status.ok) throw new Error('there is a status')
    const decisions = lastDecisions(await readJobEvents(jobDir))
    const style = styleFor(false, {})
    for (const inFull of [false, true]) explainSteps(status.value.steps, decisions, { inFull, style })
    expect(listJobs(store).jobs.map((job) => job.jobDir)).toEqual([jobDir])
    await followRun(jobDir, { store, onEvent: () => {}, signal: AbortSignal.abort() })
    return status.value
  }
  return { ...workbench, log, lines, readAll }
}

/** Values of every type, none of which belongs everywhere. */
const oddities: readonly unknown[] = [
  null,
  true,
  7,
  -1,
  '',
  'text',
  '\u0000',
  [],
  [null],
  [7],
  {},
  { kind: 7 },
  { kind: 'x' },
]

/** Yields an event with each of its fields, also those inside of others, taken away or replaced. */
function* damaged(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) for (const odd of damaged(part)) yield value.with(index, odd)
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, field] of Object.entries(value)) {
    const { [name]: _, ...rest }: Record<string, unknown> = { ...value }
    yield rest
    for (const odd of oddities) yield { ...value, [name]: odd }
    for (const odd of damaged(field)) yield { ...value, [name]: odd }
  }
}

describe('a log of events', () => {
  it('with any field of any event damaged is read', { timeout: 120_000 }, async () => {
    const { log, lines, readAll } = await bench()
    expect(lines.every((line) => parseEvent(line) !== undefined)).toBe(true)
    const seen = new Set<string>()
    for (const [index, line] of lines.entries()) {
      const event: Event = JSON.parse(line)
      if (seen.has(event.event)) continue
      seen.add(event.event)
      const odd = [...damaged(event)].map((one) => JSON.stringify(one))
      // Each alone would take long: those that are still events are read together, after all that is right.
      writeFileSync(log, `${lines.join('\n')}\n${odd.join('\n')}\n`)
      await readAll()
      writeFileSync(log, lines.with(index, odd.join('\n')).join('\n'))
      await readAll()
    }
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'pipeline_started',
        'pipeline_failed',
        'stage_cache_miss',
        'stage_failed',
        'stage_skipped',
      ]),
    )
  })

  it('takes no event for one that a reader would fail on', () => {
    for (const whole of eventfulRun) {
      expect(parseEvent(JSON.stringify(whole)), whole.event).toEqual(JSON.parse(JSON.stringify(whole)))
      for (const odd of damaged(whole)) {
        const read = parseEvent(JSON.stringify(odd))
        if (read?.event === 'stage_cache_miss') for (const reason of read.reasons) describeReason(reason)
        if (read?.event === 'pipeline_started') expect(read.steps.every((step) => typeof step === 'string')).toBe(true)
      }
    }
  })

  it.each<[string, (log: string) => void]>([
    ['is a directory', (log) => mkdirSync(log)],
    ['is a named pipe', (log) => execFileSync('mkfifo', [log])],
    ['is a link to nothing', (log) => symlinkSync('nothing', log)],
    ['is a link to itself', (log) => symlinkSync(log, log)],
    ['is a link to a device without an end', (log) => symlinkSync('/dev/zero', log)],
    ['is empty', (log) => writeFileSync(log, '')],
    ['is not text', (log) => writeFileSync(log, Buffer.from([0xff, 0xfe, 0, 10, 0xc3, 10, 0x7b]))],
    ['is nested deeply', (log) => writeFileSync(log, `${'['.repeat(200_000)}\n`)],
  ])('that %s tells nothing, and the job is shown', async (_, replace) => {
    const { log, readAll } = await bench()
    rmSync(log)
    replace(log)
    expect(await readAll()).toMatchObject({ state: 'completed', steps: [{ state: 'done' }, { state: 'done' }] })
  })

  it('with torn lines, and lines longer than any event, is read beyond them', async () => {
    const { log, lines, jobDir, readAll } = await bench()
    const torn = lines.map((line) => line.slice(0, line.length / 2))
    const long = '{"event":"'.padEnd(20 * 1024 * 1024, 'x')
    writeFileSync(log, [...torn, long, ...lines].join('\n'))
    const events = await readJobEvents(jobDir)
    expect(events.map((event) => JSON.stringify(event))).toEqual(lines)
    appendFileSync(log, `\n${long}`)
    expect(readLastEvent(jobDir)).toEqual(events.at(-1))
    expect(await readAll()).toMatchObject({ state: 'completed' })
  })
})
