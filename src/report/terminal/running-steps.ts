import { durationText } from '../text/amounts.ts'
import { padded } from '../text/columns.ts'
import { printable } from '../text/printable.ts'
import type { Style } from '../text/style.ts'
import { stepLeftText } from '../text/time-left.ts'

interface RunningStep {
  readonly startedMs: number
  fraction?: number
  note?: string
  /** When the step should end, estimated from the history of its stage. */
  endMs?: number
}

const barCells = 20

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

  /** Records about how long a step still takes. */
  expect(step: string, leftMs: number, nowMs: number): void {
    const running = this.#steps.get(step)
    if (running !== undefined) running.endMs = nowMs + leftMs
  }

  stop(step: string): void {
    this.#steps.delete(step)
  }

  /** Returns a line for each step: its name, a bar if it reports progress, the elapsed time, and the time left. */
  lines(nowMs: number, nameWidth: number, style: Style): readonly string[] {
    return [...this.#steps].map(([step, { startedMs, fraction, note, endMs }]) => {
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
        ...(left === undefined ? [] : [left]),
        ...(note === undefined ? [] : [style('dim', printable(note))]),
      ].join('  ')
    })
  }
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
