import { describe, expect, it } from 'vitest'
import type { Event, EventBody } from '../../../src/core/index.ts'
import { openLiveArea } from '../../../src/report/terminal/live-area.ts'
import { createLog } from '../../../src/report/terminal/log.ts'
import { terminalReporter } from '../../../src/report/terminal/terminal.ts'
import { styleFor } from '../../../src/report/text/style.ts'
import { Screen } from '../../rig/screen.ts'

/** How often each size is tried: `REPRISE_SCREENS=100` for the whole of it. */
const times = Number(process.env.REPRISE_SCREENS ?? 4)
const sizes = [24, 40].flatMap((rows) => [60, 80, 200].map((columns) => [rows, columns] as const))
const steps = Array.from({ length: 16 }, (_, index) => `part/${index}`)

/** A number from 0 to `below`, the same for the same seed. */
function numbersOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
}

/** Runs steps, four at once, and draws whenever something happens; returns what the terminal has then shown. */
function shownOf(screen: Screen, seed: number, atOnce: number): readonly string[] {
  const pick = numbersOf(seed)
  let redraw: () => void = () => {}
  const reporter = terminalReporter({
    log: createLog('info', (text) => {
      reporter.clear()
      screen.write(text)
    }),
    style: styleFor(true, {}),
    now: () => pick(100_000),
    showPath: (path) => path,
    logPath: (step) => `job/${step}/stage.log`,
    openLiveArea: () => openLiveArea(screen),
    every: (_ms, callback) => {
      redraw = callback
      return () => {}
    },
  })
  const tell = (body: EventBody) => {
    void reporter.listener({ ...body, ts: '', run: 'run', job: '/job' } as Event)
    if (pick(2) === 0) redraw()
  }
  tell({ event: 'pipeline_started', pipeline: 'p', device: 'cpu', steps } as EventBody)
  const waiting = [...steps]
  const running: string[] = []
  while (waiting.length + running.length > 0) {
    const next = running.length < atOnce ? waiting.shift() : undefined
    if (next !== undefined) {
      running.push(next)
      tell({ event: 'stage_cache_miss', stage: next, key: 'k', reasons: [{ kind: 'never-run' }] } as EventBody)
      tell({ event: 'stage_running', stage: next, key: 'k', device: 'cpu', attempt: 1 } as EventBody)
      continue
    }
    const stage = running[pick(running.length)] ?? ''
    const note = 'ünïcode 漢字 '.repeat(pick(20))
    tell({ event: 'stage_progress', stage, fraction: pick(100) / 100, note })
    if (pick(3) > 0) continue
    running.splice(running.indexOf(stage), 1)
    if (stage === 'part/13')
      tell({ event: 'stage_failed', stage, failure: { kind: 'stage-failed' }, message: 'no' } as EventBody)
    else tell({ event: 'stage_completed', stage, key: 'k', duration_ms: 1, recorded: true } as EventBody)
  }
  tell({ event: 'pipeline_failed', pipeline: 'p' } as EventBody)
  return screen.lines
}

describe.each(sizes)('in a terminal of %i rows and %i columns', (rows, columns) => {
  it.each([
    ['a few steps run at once', 4],
    ['more run at once than it has rows', 16],
  ])('no line is lost, and none is left, where %s', (_, atOnce) => {
    for (let seed = 1; seed <= times; seed++) {
      for (const row of [0, rows - 1]) {
        const shown = shownOf(new Screen(columns, rows, row), seed, atOnce)
        const words = shown.flatMap((line) => / {2}(DONE|FAILED|MISS)\b/.exec(line)?.[1] ?? []).sort()
        expect(words).toEqual([...Array(15).fill('DONE'), 'FAILED', ...Array(16).fill('MISS')])
        expect(shown.filter((line) => line.includes('log: job/part/13/stage.log'))).toHaveLength(1)
        expect(shown.filter((line) => /[█░]|running/.test(line))).toEqual([])
      }
    }
  })
})

it('an area higher than a third of the terminal shows the first lines, how many more there are, and the last', () => {
  const screen = new Screen(20, 12, 0)
  const area = openLiveArea(screen)
  area.show(Array.from({ length: 30 }, (_, index) => `line ${index} ${'x'.repeat(40)}`))
  const shown = screen.lines.map((line) => line.slice(0, 11).trimEnd()).filter((line) => line !== '')
  expect(shown).toEqual(['line 0 xxxx', 'line 1 xxxx', 'and 27 more', 'line 29 xxx'])
  expect(screen.lines.every((line) => line.length < 20)).toBe(true)
  area.clear()
  expect(screen.lines.join('')).toBe('')
})
