/** A number of things, and the bytes that they occupy. */
export interface Amount {
  readonly count: number
  readonly bytes: number
}

export const noAmount: Amount = { count: 0, bytes: 0 }

export function amountOf(things: Iterable<{ readonly sizeBytes: number }>): Amount {
  let count = 0
  let bytes = 0
  for (const { sizeBytes } of things) {
    count += 1
    bytes += sizeBytes
  }
  return { count, bytes }
}
