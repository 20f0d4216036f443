import { nameInId } from '../../core/index.ts'
import { durationText } from '../text/amounts.ts'
import { padded } from '../text/columns.ts'
import { printable } from '../text/printable.ts'
import type { Style } from '../text/style.ts'
import { stepLeftText } from '../text/time-left.ts'
import { ended, type FanOuts } from './fan-outs.ts'

interface RunningStep {
  readonly startedMs: number
  fraction?: number
  note?: string
  /** Where it is, if another machine executes it. */
  place?: string
  /** When the step should end, estimated from the history of its stage. */
  endMs?: number
}

const barCells = 20
/** So many items of a fan-out have a line each while they run. */
const itemsInView = 3

/** The steps that execute now, and their progress. */
export class RunningSteps {
  readonly #steps = new Map<string, RunningStep>()

  get count(): number {
    return this.#steps.size
  }

  start(step: string, nowMs: number): void {
    this.#steps.set(step, { startedMs: nowMs })
  }

  /** Records progress; returns the quarter (1 to 3) that it passed, for output without live lines. */
  progress(step: string, fraction: number, note?: string): number | undefined {
    const running = this.#steps.get(step)
    if (running === undefined) return undefined
    const before = Math.floor((running.fraction ?? 0) * 4)
    running.fraction = Math.min(1, Math.max(0, fraction))
    if (note !== undefined) running.note = note
    const after = Math.floor(running.fraction * 4)
    return after > before && after < 4 ? after : undefined
  }

  /** Records where a step is that another machine executes. */
  place(step: string, place: string): void {
    const running = this.#steps.get(step)
    if (running !== undefined) running.place = place
  }

  /** Records about how long a step still takes. */
  expect(step: string, leftMs: number, nowMs: number): void {
    const running = this.#steps.get(step)
    if (running !== undefined) running.endMs = nowMs + leftMs
  }

  stop(step: string): void {
    this.#steps.delete(step)
  }

  /**
   * Returns a line for each step: its name, a bar if it reports progress, the elapsed time, and the time left. Items of a
   * fan-out that are too many share a line.
   */
  lines(nowMs: number, nameWidth: number, style: Style, fanOuts: FanOuts): readonly string[] {
    const byName = new Map<string, string[]>()
    for (const step of this.#steps.keys()) {
      const name = nameInId(step)
      byName.set(name, [...(byName.get(name) ?? []), step])
    }
    return [...byName].flatMap(([name, steps]) =>
      steps.length > itemsInView || fanOuts.isSummedUp(name)
        ? [this.#sum(name, steps, { nowMs, nameWidth, style, fanOuts })]
        : steps.map((step) => this.#line(step, { nowMs, nameWidth, style })),
    )
  }

  #line(step: string, { nowMs, nameWidth, style }: Omit<Look, 'fanOuts'>): string {
    const { startedMs, fraction, note, place, endMs } = this.#steps.get(step) ?? { startedMs: nowMs }
    const elapsedMs = nowMs - startedMs
    const left = stepLeftText({
      elapsedMs,
      ...(fraction === undefined ? {} : { fraction }),
      ...(endMs === undefined ? {} : { historyLeftMs: endMs - nowMs }),
    })
    return [
      padded(printable(step), nameWidth),
      ...(fraction === undefined ? [style('dim', 'running')] : [bar(fraction), percent(fraction)]),
      elapsedText(elapsedMs),
      ...(place === undefined ? [] : [place]),
      ...(left === undefined ? [] : [left]),
      ...(note === undefined ? [] : [style('dim', printable(note))]),
    ].join('  ')
  }

  /** Returns a line for the items of a fan-out: `translate  ████░░  7 of 12 done, 4 running, 1 failed`. */
  #sum(name: string, steps: readonly string[], { nowMs, nameWidth, style, fanOuts }: Look): string {
    const fanOut = fanOuts.of(name)
    const done = fanOut === undefined ? 0 : ended(fanOut)
    const total = fanOut?.total
    const failed = fanOut?.failed ?? 0
    const sinceMs = Math.min(...steps.map((step) => this.#steps.get(step)?.startedMs ?? nowMs))
    const counts = [
      total === undefined ? `${done} done` : `${done} of ${total} done`,
      `${steps.length} running`,
      ...(failed === 0 ? [] : [style('red', `${failed} failed`)]),
    ].join(', ')
    const bars = total === undefined ? [] : [bar(done / total)]
    return [padded(printable(name), nameWidth), ...bars, counts, style('dim', elapsedText(nowMs - sinceMs))].join('  ')
  }
}

interface Look {
  readonly nowMs: number
  readonly nameWidth: number
  readonly style: Style
  readonly fanOuts: FanOuts
}

/** In whole seconds: more digits would only flicker. */
function elapsedText(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1000))
  return seconds === 0 ? '<1s' : durationText(seconds * 1000)
}

function bar(fraction: number): string {
  const full = Math.round(fraction * barCells)
  return '█'.repeat(full) + '░'.repeat(barCells - full)
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`.padStart(4)
}
