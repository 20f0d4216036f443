import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { LmdbDamage, readSnapshot } from './lmdb-file.ts'
import { walkFile } from './lmdb-walk.ts'

/**
 * What is known of an index before LMDB opens it: there is none, it is as a healthy process left it, it was looked
 * through, or it is damaged.
 */
export type IndexState =
  | { readonly kind: 'absent' | 'untouched' | 'sound' }
  | { readonly kind: 'damaged'; readonly problems: readonly string[] }

/** As many problems are told; more say nothing new. */
const problemsMax = 10

/** A file that other processes write to meanwhile is read again, this often. */
const attemptsMax = 5

/**
 * Looks whether an index can be opened. LMDB trusts its file: a page number that points nowhere ends the process, and
 * a truncated file does as soon as it is read. So whenever the file is not as this program left it - after a crash, a
 * restored backup, a failing disk - all its pages are looked through first: 84 MB with 10,000 records take 0.1 s.
 */
export function checkIndex(layout: Layout): IndexState {
  const path = dataPath(layout)
  const stamp = stampText(path)
  if (stamp === undefined) return { kind: 'absent' }
  if (stamp === valueOr(undefined, () => readFileSync(stampPath(layout), 'utf8'))) return { kind: 'untouched' }
  for (let attempt = 1; ; attempt++) {
    const before = stampText(path)
    const problems = problemsOf(path)
    if (problems.length === 0) return { kind: 'sound' }
    // Pages that another process wrote anew meanwhile look damaged, and are not.
    if (before === stampText(path)) return { kind: 'damaged', problems }
    if (attempt === attemptsMax) return { kind: 'sound' }
  }
}

function problemsOf(path: string): readonly string[] {
  const problems: string[] = []
  const fd = openSync(path, 'r')
  try {
    const damage = (what: string) => {
      if (problems.length < problemsMax) problems.push(what)
    }
    walkFile(fd, readSnapshot(fd), { values: false, record: () => {}, damage })
  } catch (error) {
    if (!(error instanceof LmdbDamage)) throw error
    problems.push(error.message)
  } finally {
    closeSync(fd)
  }
  return problems
}

/** Notes how the index's file looks now, when a process that uses it knows that it is well. */
export interface IndexStamp {
  note(): void
  close(): void
}

/** Returns what notes the state of an index; where the note cannot be written, the next opening takes longer. */
export function createIndexStamp(layout: Layout): IndexStamp {
  const path = dataPath(layout)
  let fd: number | undefined
  let noted = ''
  return {
    note() {
      valueOr(undefined, () => {
        const text = stampText(path)
        if (text === undefined || text === noted) return
        fd ??= openSync(stampPath(layout), 'w', 0o600)
        writeSync(fd, text, 0)
        noted = text
      })
    },
    close() {
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  }
}

/** Returns the file that LMDB keeps its data in. */
export function dataPath({ index }: Layout): string {
  return join(index, 'data.mdb')
}

function stampPath({ index }: Layout): string {
  return join(index, 'STAMP')
}

/** Returns the stat of a file as text of a fixed length, so that a note can be overwritten in place. */
function stampText(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    if (size === 0n) return undefined
    return `${[dev, ino, size, mtimeNs, ctimeNs].map((number) => String(number).padStart(20)).join(' ')}\n`
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
