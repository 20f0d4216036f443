import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { stampText, statOf } from '../disk/file-stamp.ts'
import { valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { announce, type PresentProcess, presenceOf } from './presence.ts'

/**
 * What is known of an index before it is opened: it is `known` to be sound, because processes that do well have it open,
 * or because it is as the last of them left it; or it is `unknown`, because a process that had it open died, or because
 * the file is not as it was left (a backup, another program); or there is none.
 */
export type IndexState =
  | { readonly kind: 'absent' | 'known' }
  | { readonly kind: 'unknown'; readonly dead: readonly PresentProcess[] }

/** Returns what is known of the index. */
export function indexStateOf(layout: Layout): IndexState {
  const stat = statText(layout)
  if (stat === undefined) return { kind: 'absent' }
  const { living, dead } = presenceOf(layout, 'index')
  if (dead.length > 0) return { kind: 'unknown', dead }
  const isKnown = living.length > 0 || stat === valueOr(undefined, () => readFileSync(closedPath(layout), 'utf8'))
  return isKnown ? { kind: 'known' } : { kind: 'unknown', dead }
}

/** What a process says of the index that it has open for writing. */
export interface IndexUse {
  /** Says that this process writes to the index: to be called before it first does. Throws system errors. */
  begin(): void
  /** Says that something was wrong with the index: the next process that opens it, once this one has ended, looks at it. */
  suspect(): void
  /** Says that this process has closed the index and that it is well. */
  end(): void
}

const uses = new Set<IndexUse>()
let endsAtExit = false

export function indexUse(layout: Layout): IndexUse {
  let leave: (() => void) | undefined
  let isSuspect = false
  const use: IndexUse = {
    begin() {
      if (leave !== undefined) return
      leave = announce(layout, 'index')
      uses.add(use)
      if (!endsAtExit) process.once('exit', endAll)
      endsAtExit = true
    },
    suspect() {
      isSuspect = true
      valueOr(undefined, () => use.begin())
    },
    end() {
      if (!uses.delete(use) || isSuspect) return
      valueOr(undefined, () => noteClosed(layout))
      leave?.()
      leave = undefined
    },
  }
  return use
}

/** A process that ends by itself is in no transaction, so the index is as well as if it had been closed. */
function endAll(): void {
  for (const use of uses) use.end()
}

/** Returns the file that LMDB keeps its data in. */
export function dataPath({ index }: Layout): string {
  return join(index, 'data.mdb')
}

function noteClosed(layout: Layout): void {
  const stat = statText(layout)
  const path = closedPath(layout)
  if (stat === undefined || stat === valueOr(undefined, () => readFileSync(path, 'utf8'))) return
  // In place: ext4 writes a file that was emptied and filled to the disk when it is closed.
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
  try {
    ftruncateSync(file, writeSync(file, stat, 0))
  } finally {
    closeSync(file)
  }
}

function closedPath({ index }: Layout): string {
  return join(index, 'CLOSED')
}

/** Returns the stat of the data file as a text, or undefined where there is nothing in it. */
function statText(layout: Layout): string | undefined {
  const stats = statOf(dataPath(layout))
  return stats === undefined || stats.size === 0n ? undefined : `${stampText(stats)}\n`
}
