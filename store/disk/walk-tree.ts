import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { pathProblem } from '../contract/tree.ts'
import { errorCode, isSystemError } from './io-failure.ts'

export interface WalkedFile {
  /** Relative to the root, with slashes. */
  readonly path: string
  readonly executable: boolean
}

export interface WalkedTree {
  readonly files: readonly WalkedFile[]
}

interface Options {
  /** Follows links to files; a link to a directory is always refused, because it may lead in a circle. */
  readonly followFileLinks: boolean
}

/** Returns the files below a directory. Refuses links, pipes, sockets and devices, which a tree cannot hold. */
export function walkTree(root: string, options: Options): Result<WalkedTree, StoreFailure> {
  let at = root
  const files: WalkedFile[] = []
  try {
    if (!statSync(root).isDirectory()) return err({ kind: 'source-unsupported', path: root, what: 'not a directory' })
    const dirs = ['']
    for (let dir = dirs.pop(); dir !== undefined; dir = dirs.pop()) {
      at = join(root, dir)
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        const path = dir === '' ? entry.name : `${dir}/${entry.name}`
        at = join(root, path)
        const problem = pathProblem(path)
        if (problem !== undefined) return err({ kind: 'source-unsupported', path: at, what: `a name that ${problem}` })
        if (entry.isDirectory()) {
          dirs.push(path)
          continue
        }
        const stats = options.followFileLinks ? statSync(at) : lstatSync(at)
        if (!stats.isFile()) return err({ kind: 'source-unsupported', path: at, what: whatItIs(entry) })
        files.push({ path, executable: (stats.mode & 0o100) !== 0 })
      }
    }
    return ok({ files })
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err({ kind: 'source-unreadable', path: at, code: errorCode(error) })
  }
}

interface Kind {
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
}

function whatItIs(entry: Kind): string {
  if (entry.isSymbolicLink()) return 'a symbolic link'
  if (entry.isFIFO()) return 'a named pipe'
  return entry.isSocket() ? 'a socket' : 'a device'
}
