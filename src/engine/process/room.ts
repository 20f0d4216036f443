import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A step that runs a program has its log, two pipes and perhaps an input open. */
const perStep = 4
/** What stays free for everything else: reading inputs, writing outputs, the store. */
const reserve = (limit: number) => Math.min(32, limit / 4)

let limit: number | undefined

/** Returns how many more files this process may open, beside its reserve; undefined where the system does not tell. */
function freeDescriptors(): number | undefined {
  try {
    limit ??= Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? Number.NaN)
    if (Number.isNaN(limit)) return undefined
    return limit - readdirSync('/proc/self/fd').length - reserve(limit)
  } catch {
    return undefined
  }
}

/** Returns how many steps may run at once without running out of descriptors, at most `wanted`. */
export function stepsWithRoom(wanted: number): number {
  const free = freeDescriptors()
  return free === undefined ? wanted : Math.max(1, Math.min(wanted, Math.floor(free / perStep)))
}

/** The errors of a system that can start no more programs now. */
const shortages: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'])
/** How long to wait for room when no program of this process is there to end. */
const [lookMs, looksAlone] = [100, 100]

/** The programs that run in this process, which share its descriptors. */
const running = new Set<Promise<unknown>>()

/**
 * Runs a program when there are descriptors for it; where the system can start no more, again when others have ended.
 * Rejects as `run` does, where that does not help, or with the signal's reason.
 */
export async function whenThereIsRoom<Exit>(run: () => Promise<Exit>, signal: AbortSignal | undefined): Promise<Exit> {
  for (let looks = 0; ; ) {
    if (running.size === 0 || (freeDescriptors() ?? 1) > 0) {
      const program = run()
      const ended = program.then(
        () => {},
        () => {},
      )
      running.add(ended)
      try {
        return await program
      } catch (error) {
        const isShort = error instanceof Error && 'code' in error && shortages.has(error.code)
        if (!isShort || looks === looksAlone) throw error
      } finally {
        running.delete(ended)
      }
    }
    if (running.size === 0) looks += 1
    // Other processes may hold what is short, too.
    const look = delay(lookMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    await Promise.race([look, ...running])
    signal?.throwIfAborted()
  }
}
