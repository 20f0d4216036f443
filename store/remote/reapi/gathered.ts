import { setMaxListeners } from 'node:events'
import { err, type Result } from '../../contract/result.ts'
import type { PlaceFailure } from '../place/object-place.ts'

export interface GatherLimits<Item> {
  readonly itemsMax: number
  readonly bytesMax: number
  readonly bytesOf: (item: Item) => number
}

/**
 * Returns a function that does for one item what `work` does for many: what is asked for in one turn of the event loop goes
 * in one request, as far as the limits let it. Values are in the items' order.
 */
export function gathered<Item, Value>(
  work: (items: readonly Item[]) => Promise<Result<readonly Value[], PlaceFailure>>,
  { itemsMax, bytesMax, bytesOf }: GatherLimits<Item>,
): (item: Item) => Promise<Result<Value, PlaceFailure>> {
  interface Waiting {
    readonly item: Item
    readonly answer: (value: Result<Value, PlaceFailure>) => void
    readonly fail: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  let bytes = 0

  function begin(): void {
    const group = waiting
    waiting = []
    bytes = 0
    if (group.length > 0) void answerAll(group)
  }

  async function answerAll(group: readonly Waiting[]): Promise<void> {
    try {
      const done = await work(group.map(({ item }) => item))
      for (const [index, { answer }] of group.entries()) {
        const value = done.ok ? done.value[index] : undefined
        if (!done.ok) answer(done)
        else if (value === undefined) answer(err({ kind: 'broken', reason: 'it answers for less than it was asked' }))
        else answer({ ok: true, value })
      }
    } catch (error) {
      for (const { fail } of group) fail(error)
    }
  }

  return (item) =>
    new Promise((answer, fail) => {
      const more = bytesOf(item)
      if (waiting.length >= itemsMax || (waiting.length > 0 && bytes + more > bytesMax)) begin()
      if (waiting.length === 0) setImmediate(begin)
      waiting.push({ item, answer, fail })
      bytes += more
    })
}

/** Returns what a promise gives, unless the signal is aborted before: then its reason. */
export async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise
  signal.throwIfAborted()
  setMaxListeners(0, signal)
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
