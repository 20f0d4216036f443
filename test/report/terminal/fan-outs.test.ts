import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../../src/core/index.ts'
import type { LiveArea } from '../../../src/report/terminal/live-area.ts'
import { terminalReporter } from '../../../src/report/terminal/terminal.ts'
import { plainStyle } from '../../../src/report/text/style.ts'
import { eventsOf } from '../events.ts'

const ids = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}/${index}`)
const running = (stage: string): EventBody => ({ event: 'stage_running', stage, key: 'k', device: 'cpu', attempt: 1 })
const completed = (stage: string): EventBody => ({
  event: 'stage_completed',
  stage,
  key: 'k',
  duration_ms: 500,
  recorded: true,
})
const miss = (stage: string): EventBody => ({
  event: 'stage_cache_miss',
  stage,
  key: 'k',
  reasons: [{ kind: 'never-run' }],
})
const hit = (stage: string): EventBody => ({ event: 'stage_skipped', stage, because: 'cached', key: 'k', saved_ms: 1 })
const failed = (stage: string): EventBody => ({
  event: 'stage_failed',
  stage,
  failure: { kind: 'cache-miss', step: stage, reasons: [] },
  message: 'no such pair',
})

/** Tells a reporter of a terminal what happens; returns what it wrote, what is drawn, and the percentages it showed. */
function watching(steps: readonly string[], sumsUp = true) {
  const written: string[] = []
  let drawn: readonly string[] = []
  const percents: (number | undefined)[] = []
  let redraw = () => {}
  const area: LiveArea = {
    show: (lines) => {
      drawn = lines
    },
    clear: () => {
      drawn = []
    },
    progress: (percent) => percents.push(percent),
  }
  const reporter = terminalReporter({
    log: (_level, line) => written.push(...line.split('\n')),
    style: plainStyle,
    now: () => 0,
    showPath: (path) => path,
    logPath: () => undefined,
    openLiveArea: () => area,
    every: (_ms, callback) => {
      redraw = callback
      return () => {}
    },
    sumsUp,
  })
  const tell = async (...bodies: readonly EventBody[]) => {
    for (const event of eventsOf(...bodies)) void reporter.listener(event)
    // Hits of one turn of the event loop are written together.
    await Promise.resolve()
    redraw()
    return drawn
  }
  void tell({ event: 'pipeline_started', pipeline: 'p', device: 'cpu', steps })
  written.length = 0
  return { tell, written, percents, close: () => reporter.close() }
}

describe('a fan-out on a terminal', () => {
  it('of many items has one line at its end, and one for each item that failed', async () => {
    const items = ids('translate', 30)
    const { tell, written } = watching(['demux', ...items])
    await tell(running('demux'), completed('demux'))
    for (const item of items.slice(0, 10)) await tell(hit(item))
    for (const item of items.slice(10, 29)) await tell(miss(item), running(item), completed(item))
    expect(written).toEqual(['demux      DONE       500ms'])
    const last = 'translate/29'
    await tell(miss(last), running(last), failed(last))
    expect(written.slice(1)).toEqual([
      'translate/29  FAILED     no such pair',
      'translate  FAILED     30 items: 19 executed in 9.5s, 10 hits, 1 failed',
    ])
  })

  it('has one live line where more than three items run, with the counts', async () => {
    const items = ids('translate', 12)
    const { tell, written } = watching(items)
    await tell(running('translate/0'), completed('translate/0'), running('translate/1'), failed('translate/1'))
    expect(await tell(...items.slice(2, 5).map(running))).toHaveLength(3)
    expect(await tell(running('translate/5'))).toEqual([
      `translate     ${'█'.repeat(3)}${'░'.repeat(17)}  2 of 12 done, 4 running, 1 failed  <1s`,
    ])
    expect(written).toHaveLength(2)
  })

  it('whose length a step computes counts what it has, and is told when the run ends', async () => {
    const { tell, written, close } = watching(['list', 'part/*'])
    const items = ids('part', 25)
    for (const item of items) await tell(running(item), completed(item))
    expect(await tell(running('part/25'))).toEqual(['part    25 done, 1 running  <1s'])
    expect(written).toHaveLength(20)
    close()
    expect(written.at(-1)).toBe('part    DONE       25 items: 25 executed in 12.5s')
  })

  it('has a line for each item where all is asked for', async () => {
    const items = ids('translate', 30)
    const { tell, written } = watching(items, false)
    for (const item of items) await tell(running(item), completed(item))
    expect(written).toHaveLength(30)
  })
})

it('the progress of a run is shown outside of the text, and taken away at its end', async () => {
  const { tell, percents, close } = watching(['a', 'b'])
  await tell(running('a'), {
    event: 'pipeline_progress',
    steps_done: 1,
    steps_left: 2,
    steps_unknown: 0,
    running: [{ stage: 'a' }],
  })
  expect(percents.at(-1)).toBe(33)
  close()
  expect(percents.at(-1)).toBeUndefined()
})
