import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../../contract/result.ts'
import type { ObjectPlace, PlaceFailure } from './object-place.ts'

export interface RetryOptions {
  /** How often a call is made at the most. */
  readonly attemptsMax?: number
  /** The wait before the second attempt; it doubles with each. */
  readonly firstWaitMs?: number
}

/**
 * Returns a place that asks again where bytes stopped moving. What `read` has passed on is not passed on again: the next
 * attempt begins behind it. A place that cannot be reached is not asked again: a run must not wait for it.
 */
export function retryingPlace(
  place: ObjectPlace,
  { attemptsMax = 3, firstWaitMs = 200 }: RetryOptions = {},
): ObjectPlace {
  async function retried<Value>(
    signal: AbortSignal | undefined,
    call: () => Promise<Result<Value, PlaceFailure>>,
  ): Promise<Result<Value, PlaceFailure>> {
    for (let attempt = 1; ; attempt++) {
      const done = await call()
      if (done.ok || done.error.kind !== 'broken' || attempt >= attemptsMax) return done
      // Half of the wait is by chance, so that many clients do not come back at once.
      const waitMs = firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
      await sleep(waitMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
    }
  }

  return {
    name: place.name,
    atOnce: place.atOnce,
    stat: (path, options = {}) => retried(options.signal, () => place.stat(path, options)),
    async read(path, take, options = {}) {
      const { from = 0, length = Number.POSITIVE_INFINITY } = options
      let passedBytes = 0
      return retried(options.signal, async () => {
        if (passedBytes >= length) return { ok: true, value: 'read' }
        const rest = Number.isFinite(length) ? { length: length - passedBytes } : {}
        const read = await place.read(
          path,
          (piece) => {
            passedBytes += piece.byteLength
            return take(piece)
          },
          { ...options, from: from + passedBytes, ...rest },
        )
        // Broken off exactly at its end, there is nothing more to be had.
        return read.ok && read.value === 'absent' && passedBytes > 0 ? { ok: true, value: 'read' } : read
      })
    },
    write: (path, source, options = {}) => retried(options.signal, () => place.write(path, source, options)),
    touch: (path, options = {}) => retried(options.signal, () => place.touch(path, options)),
    ...(place.about === undefined ? {} : { about: place.about }),
  }
}
