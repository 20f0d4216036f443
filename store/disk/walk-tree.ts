import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { pathProblem } from '../contract/tree.ts'
import { errorCode, isSystemError } from './io-failure.ts'

export interface WalkedFile {
  /** Relative to the root, with slashes. */
  readonly path: string
  readonly executable: boolean
  /** Its permissions. */
  readonly mode: number
}

export interface WalkedDirectory {
  /** Relative to the root, with slashes; empty for the root. */
  readonly path: string
  readonly mode: number
  readonly isEmpty: boolean
}

export interface WalkedTree {
  readonly files: readonly WalkedFile[]
  readonly directories: readonly WalkedDirectory[]
}

interface Options {
  /** Follows links to files; a link to a directory is always refused, because it may lead in a circle. */
  readonly followFileLinks: boolean
}

/** Returns the files and directories below a directory, and itself. Refuses links, pipes, sockets and devices, which a tree cannot hold. */
export function walkTree(root: string, options: Options): Result<WalkedTree, StoreFailure> {
  let at = root
  const files: WalkedFile[] = []
  const directories: WalkedDirectory[] = []
  try {
    if (!statSync(root).isDirectory()) return err({ kind: 'source-unsupported', path: root, what: 'not a directory' })
    const dirs = ['']
    for (let dir = dirs.pop(); dir !== undefined; dir = dirs.pop()) {
      at = join(root, dir)
      const entries = readdirSync(at, { withFileTypes: true })
      directories.push({ path: dir, mode: permissions(statSync(at).mode), isEmpty: entries.length === 0 })
      for (const entry of entries) {
        const path = dir === '' ? entry.name : `${dir}/${entry.name}`
        at = join(root, path)
        const problem = isMistaken(entry.name, at) ? 'is not valid UTF-8' : pathProblem(path)
        if (problem !== undefined) return err({ kind: 'source-unsupported', path: at, what: `a name that ${problem}` })
        if (entry.isDirectory()) {
          dirs.push(path)
          continue
        }
        const stats = options.followFileLinks ? statSync(at) : lstatSync(at)
        if (!stats.isFile()) return err({ kind: 'source-unsupported', path: at, what: whatItIs(entry, stats) })
        files.push({ path, executable: (stats.mode & 0o100) !== 0, mode: stats.mode & 0o777 })
      }
    }
    return ok({ files, directories })
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err({ kind: 'source-unreadable', path: at, code: errorCode(error) })
  }
}

/** Only permissions are kept. Without the sticky bit, others could remove what is in a directory where they may write. */
function permissions(mode: number): number {
  return mode & ((mode & 0o1000) === 0 ? 0o777 : 0o755)
}

/** Bytes that are not UTF-8 are read as a character that stands for them, by which nothing is found. */
function isMistaken(name: string, path: string): boolean {
  return name.includes('\ufffd') && lstatSync(path, { throwIfNoEntry: false }) === undefined
}

interface Kind {
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
}

function whatItIs(entry: Kind, target: Stats): string {
  if (entry.isSymbolicLink())
    return target.isSymbolicLink()
      ? 'a symbolic link'
      : `a symbolic link to ${target.isDirectory() ? 'a directory' : whatItIs(target, target)}`
  if (entry.isFIFO()) return 'a named pipe'
  return entry.isSocket() ? 'a socket' : 'a device'
}
