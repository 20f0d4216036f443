import { type Event, hasOpenItems, nameInId } from '../../core/index.ts'
import { countText, durationText } from '../text/amounts.ts'

/** The lines of so many items stand on a terminal one by one; those of more would push everything else away. */
const itemsShown = 20

/** How far the items of a fan-out are. */
interface FanOut {
  /** Undefined where a step makes the list, and its length is not known yet. */
  readonly total: number | undefined
  executed: number
  hits: number
  skipped: number
  failed: number
  executedMs: number
  isTold: boolean
}

/** Counts the items of the fan-outs of a run, and says of which ones the lines are summed up. */
export class FanOuts {
  readonly #byName = new Map<string, FanOut>()

  start(steps: readonly string[]): void {
    this.#byName.clear()
    const counts = new Map<string, number | undefined>()
    for (const id of steps) {
      const name = nameInId(id)
      if (name === id) continue
      const before = counts.has(name) ? counts.get(name) : 0
      counts.set(name, hasOpenItems(id) || before === undefined ? undefined : before + 1)
    }
    for (const [name, total] of counts) this.#byName.set(name, newFanOut(total))
  }

  /** Returns what is counted of a step's fan-out; undefined for a step that is no item. */
  of(step: string): Readonly<FanOut> | undefined {
    return this.#byName.get(nameInId(step))
  }

  isSummedUp(step: string): boolean {
    const fanOut = this.of(step)
    return fanOut !== undefined && Math.max(fanOut.total ?? 0, ended(fanOut)) > itemsShown
  }

  /** Counts what became of an item. Returns the name of a fan-out that is summed up, and whose last item has ended. */
  count(event: Event): string | undefined {
    if (!('stage' in event)) return undefined
    const name = nameInId(event.stage)
    const fanOut = this.#byName.get(name)
    if (fanOut === undefined) return undefined
    if (event.event === 'stage_completed') {
      fanOut.executed += 1
      fanOut.executedMs += event.duration_ms
    } else if (event.event === 'stage_skipped') {
      if (event.because === 'cached') fanOut.hits += 1
      else fanOut.skipped += 1
    } else if (event.event === 'stage_failed') fanOut.failed += 1
    else return undefined
    return ended(fanOut) === fanOut.total && this.isSummedUp(name) ? name : undefined
  }

  /** Returns the fan-outs that are summed up, and of which that was not told. */
  untold(): readonly string[] {
    return [...this.#byName].flatMap(([name, { isTold }]) => (!isTold && this.isSummedUp(name) ? [name] : []))
  }

  /** Returns what became of the items of a fan-out, in words. */
  tell(name: string): { readonly text: string; readonly hasFailed: boolean } | undefined {
    const fanOut = this.#byName.get(name)
    if (fanOut === undefined) return undefined
    fanOut.isTold = true
    const { executed, hits, skipped, failed, executedMs } = fanOut
    const parts = [
      ...(executed === 0 ? [] : [`${executed} executed in ${durationText(executedMs)}`]),
      ...(hits === 0 ? [] : [countText(hits, 'hit')]),
      ...(skipped === 0 ? [] : [`${skipped} skipped`]),
      ...(failed === 0 ? [] : [`${failed} failed`]),
    ]
    return { text: `${countText(ended(fanOut), 'item')}: ${parts.join(', ')}`, hasFailed: failed > 0 }
  }
}

function newFanOut(total: number | undefined): FanOut {
  return { total, executed: 0, hits: 0, skipped: 0, failed: 0, executedMs: 0, isTold: false }
}

/** Returns how many items have ended. */
export function ended({ executed, hits, skipped, failed }: Readonly<FanOut>): number {
  return executed + hits + skipped + failed
}
