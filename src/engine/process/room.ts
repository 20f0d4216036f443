import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
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

const spareCount = 24
const spare: number[] = []

/** Holds descriptors for the time when a stage has used up all others, and does not give them back. */
export function keepSpareDescriptors(): void {
  if (spare.length > 0 || (freeDescriptors() ?? 0) < 2 * spareCount) return
  for (let count = 0; count < spareCount; count++) spare.push(openSync('/dev/null', 'r'))
}

/** Gives the spare descriptors to the steps that come after a stage that failed with this error, if it is for want of them. */
export function useSpareDescriptors(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE'))) return
  for (const file of spare.splice(0)) closeSync(file)
}

/** The errors of a system that can start no more programs now. */
const shortages: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'])
/** How long to wait for room when no program of this process is there to end. */
const [lookMs, looksAlone] = [100, 100]

/** The programs that run in this process, which share its descriptors. */
const running = new Set<Promise<unknown>>()
/** Those that wait for room, one after the other. */
let waiting = 0
let turn: Promise<unknown> = Promise.resolve()

/**
 * Runs a program when there are descriptors for it; where the system can start no more, again when others have ended.
 * Rejects as `run` does, where that does not help, or with the signal's reason.
 */
export async function whenThereIsRoom<Exit>(run: () => Promise<Exit>, signal: AbortSignal | undefined): Promise<Exit> {
  for (let looks = 0; ; ) {
    if (waiting > 0 || !isRoom()) await inTurn(() => waitForRoom(signal))
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
    // Other processes may hold what is short, too.
    if (running.size === 0) looks += 1
    await inTurn(() => anEnd(signal))
  }
}

function isRoom(): boolean {
  return running.size === 0 || (freeDescriptors() ?? 1) > 0
}

async function inTurn(wait: () => Promise<void>): Promise<void> {
  waiting += 1
  const mine = turn.then(wait)
  turn = mine.catch(() => {})
  try {
    await mine
  } finally {
    waiting -= 1
  }
}

async function waitForRoom(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  while (!isRoom()) await anEnd(signal)
}

/** Resolves when a program has ended, or after a while. Rejects with the signal's reason. */
async function anEnd(signal: AbortSignal | undefined): Promise<void> {
  const over = new AbortController()
  const look = delay(lookMs, undefined, { signal: over.signal }).catch(() => {})
  await Promise.race([look, ...running])
  over.abort()
  signal?.throwIfAborted()
}
