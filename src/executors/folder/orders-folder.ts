import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { randomName } from '../../engine/system/random-name.ts'
import { isOrder, parsedJson } from '../contract/messages.ts'
import type { Order } from '../contract/order.ts'

/**
 * The files of an orders' folder, which machines share. Each appears by rename, whole or not at all, and orders are taken by
 * rename, which one worker alone succeeds in. Below the folder of each pool:
 *
 * - `queued/PRIORITY-ID.json`: an order that waits; the first name is the most urgent.
 * - `taken/ID@TAKER.json`: the same file while a worker has it.
 * - `reports/ID@TAKER.jsonl`: what the worker tells; it grows for as long as the worker is alive.
 * - `ended/ID.json`: the answer.
 * - `cancel/ID`: somebody wants it no more.
 * - `workers/NAME.json`: an offer; rewritten for as long as the worker is alive.
 * - `jobs/NAME.json`: a job of a batch system, and beside it what it prints.
 */
export class OrdersFolder {
  readonly dir: string

  constructor(dir: string, pool: string) {
    this.dir = join(resolve(dir), encodeURIComponent(pool))
  }

  /** Makes the folders. Throws what the file system throws. */
  prepare(): void {
    for (const part of ['queued', 'taken', 'reports', 'ended', 'cancel', 'workers'])
      mkdirSync(join(this.dir, part), { recursive: true })
  }

  queued(id: string, priority: number): string {
    const urgency = Math.max(0, 999_999_999_999 - Math.round(priority))
    return join(this.dir, 'queued', `${String(urgency).padStart(12, '0')}-${id}.json`)
  }

  taken(id: string, taker: string): string {
    return join(this.dir, 'taken', `${id}@${taker}.json`)
  }

  reports(id: string, taker: string): string {
    return join(this.dir, 'reports', `${id}@${taker}.jsonl`)
  }

  ended(id: string): string {
    return join(this.dir, 'ended', `${id}.json`)
  }

  cancel(id: string): string {
    return join(this.dir, 'cancel', id)
  }

  worker(name: string): string {
    return join(this.dir, 'workers', `${name}.json`)
  }

  /** Returns the names in one of the folders, sorted; none where it is not there. */
  list(part: 'queued' | 'taken' | 'ended' | 'reports' | 'workers' | 'jobs'): readonly string[] {
    return names(join(this.dir, part))
  }

  /** Returns the order's place in the queue, and the file; undefined where it does not wait. */
  findQueued(id: string): { readonly path: string; readonly ahead: number } | undefined {
    const all = this.list('queued')
    const ahead = all.findIndex((name) => name.endsWith(`-${id}.json`))
    const name = all[ahead]
    return name === undefined ? undefined : { path: join(this.dir, 'queued', name), ahead }
  }

  /** Returns the orders that wait, and those that workers have. */
  inFlight(): readonly Order[] {
    const orders = new Map<string, Order>()
    for (const part of ['queued', 'taken'] as const) {
      for (const name of this.list(part)) {
        const order = parsedJson(readShared(join(this.dir, part, name)) ?? '')
        if (isOrder(order)) orders.set(order.id, order)
      }
    }
    return [...orders.values()]
  }

  /** Returns who has taken an order. */
  findTaker(id: string): string | undefined {
    const name = this.list('taken').find((one) => one.startsWith(`${id}@`))
    return name?.slice(id.length + 1, -'.json'.length)
  }
}

function names(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}

/** Writes a file that others on the network see whole or not at all. */
export function writeShared(path: string, text: string): void {
  const tmp = join(dirname(path), `.${basename(path).slice(0, 80)}.${randomName(12)}`)
  const file = openSync(tmp, 'wx')
  try {
    try {
      // All of it or an error: a full disk may take a part.
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(tmp, path)
  } catch (error) {
    removeShared(tmp)
    throw error
  }
}

/** Returns the text of a file; undefined where it is not there. */
export function readShared(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESTALE')) return undefined
    throw error
  }
}

/** Renames a file. Returns whether it was there to be renamed: one of several who try succeeds. */
export function renameShared(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Removes a file. Returns whether it was there: one of several who try succeeds. */
export function takeAway(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Returns the age of a file by the clock of its file system, which a file that is written now tells. */
export function ageOf(path: string, nowFile: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  const now = statSync(nowFile, { throwIfNoEntry: false })
  return stats === undefined || now === undefined ? undefined : now.mtimeMs - stats.mtimeMs
}

/** Removes a file that may be gone. */
export function removeShared(path: string): void {
  rmSync(path, { force: true })
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
