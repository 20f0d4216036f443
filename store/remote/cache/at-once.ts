import type { Result } from '../../contract/result.ts'

/**
 * Does work for each item, so many at once, and stops at the first failure; the values are in the items' order. When it
 * returns or throws, no work goes on.
 */
export async function eachAtOnce<Item, Value, Failure>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result<Value, Failure>>,
): Promise<Result<readonly Value[], Failure>> {
  const values = new Array<Value>(items.length)
  const queue = items.entries()
  let failed: { readonly ok: false; readonly error: Failure } | undefined
  let hasThrown = false
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      const done = await work(item).catch((error: unknown) => {
        hasThrown = true
        throw error
      })
      if (!done.ok) failed ??= done
      else values[index] = done.value
      if (failed !== undefined || hasThrown) return
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return failed ?? { ok: true, value: values }
}
