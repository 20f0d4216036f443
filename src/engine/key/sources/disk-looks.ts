import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stampText } from '../../../../store/index.ts'
import { isRecord } from '../../../core/index.ts'

/** Within this time, a file may change twice and keep its stamp. */
const coarseMs = 2000

/** What looking at a path can tell, besides the content of a source file. */
const states = {
  kind(path: string): string {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats === undefined ? 'absent' : stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
  },
  real(path: string): string {
    return statSync(path, { throwIfNoEntry: false }) === undefined ? 'absent' : realpathSync(path)
  },
  /** Nothing for what is so new that it may change and keep its stamp. */
  stamp(path: string): string {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (stats === undefined) return 'absent'
    return Date.now() - Number(stats.ctimeMs) < coarseMs ? '' : stampText(stats)
  },
}

/**
 * Looks at the disk to find out what imports mean, and remembers what it saw: as long as all of that is the same, they
 * mean the same.
 */
export class DiskLooks {
  readonly #seen = new Map<string, string>()

  /** Returns what it saw, by what it looked at. */
  get seen(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#seen)
  }

  isFile(path: string): boolean {
    const kind = states.kind(path)
    // A file that is found is read, which notices that it is gone.
    if (kind !== 'file') this.#seen.set(`kind ${path}`, kind)
    return kind === 'file'
  }

  /** Returns the real path of what is there. */
  real(path: string): string | undefined {
    const real = states.real(path)
    this.#seen.set(`real ${path}`, real)
    return real === 'absent' ? undefined : real
  }

  /** Returns what a JSON file holds, if it is an object. */
  json(path: string): Readonly<Record<string, unknown>> | undefined {
    this.stamp(path)
    try {
      const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
      return isRecord(value) ? value : undefined
    } catch {
      return undefined
    }
  }

  stamp(path: string): void {
    this.#seen.set(`stamp ${path}`, states.stamp(path))
  }

  /** Returns the files in a folder and in those below, without packages and hidden ones. */
  filesIn(dir: string): readonly string[] {
    this.stamp(dir)
    try {
      return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
        const path = join(dir, entry.name)
        if (!entry.isDirectory()) return states.kind(path) === 'file' ? [path] : []
        return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : this.filesIn(path)
      })
    } catch {
      return []
    }
  }
}

/** Returns whether a look at the same paths sees the same. */
export function looksTheSame(seen: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(seen).every(([look, state]) => {
    const [how = '', path = ''] = [look.slice(0, look.indexOf(' ')), look.slice(look.indexOf(' ') + 1)]
    return state !== '' && (how === 'kind' || how === 'real' || how === 'stamp') && states[how](path) === state
  })
}
