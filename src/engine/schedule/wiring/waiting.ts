/** Work that yields what it waits for; nothing waits if all exists. */
export type Waiting<Value> = Generator<Promise<unknown>, Value, void>

/** Returns the value of such work, at once if all ends exist. */
export function whenThere<Value>(waiting: Waiting<Value>): Value | Promise<Value> {
  const first = waiting.next()
  return first.done === true ? first.value : later(waiting, first.value)
}

async function later<Value>(waiting: Waiting<Value>, first: Promise<unknown>): Promise<Value> {
  await first
  let next = waiting.next()
  while (next.done !== true) {
    await next.value
    next = waiting.next()
  }
  return next.value
}
