import { statSync } from 'node:fs'
import { dirname, isAbsolute, relative } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Changes } from './watch-loop.ts'

export interface FileChangesOptions {
  /** Absolute paths that the runs themselves write, with everything below them. */
  readonly ignored: () => readonly string[]
  /** How long nothing must change before the changes are reported. */
  readonly quietMs: number
}

/** Editors replace a file with a new one: that is one change. */
const options = { ignoreInitial: true, atomic: true } as const

/** Reports changes on disk, by notifications of the system; with CHOKIDAR_USEPOLLING=1 by polling, for network file systems. */
export class FileChanges implements Changes {
  readonly #options: FileChangesOptions
  readonly #changed = new Set<string>()
  #watchers: readonly FSWatcher[] = []
  #timer: NodeJS.Timeout | undefined
  #report: ((paths: readonly string[]) => void) | undefined

  constructor(options: FileChangesOptions) {
    this.#options = options
  }

  async watch(paths: readonly string[]): Promise<void> {
    const before = this.#watchers
    const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    const folders = paths.filter(isFolder)
    const files = new Set(paths.filter((path) => !isFolder(path)))
    // A file may be deleted and come back, which only a watch on its directory sees.
    const parents = new Set([...files].map(dirname))
    const isOwn = (path: string) => this.#options.ignored().some((ignored) => isWithin(path, ignored))
    const isOther = (path: string) => !files.has(path) && !parents.has(path)
    this.#watchers = [
      ...(folders.length === 0 ? [] : [watch(folders, { ...options, ignored: isOwn })]),
      ...(files.size === 0 ? [] : [watch([...parents], { ...options, depth: 0, ignored: isOther })]),
    ]
    await Promise.all(this.#watchers.map((watcher) => this.#begin(watcher)))
    await Promise.all(before.map((watcher) => watcher.close()))
  }

  next(): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#report = resolve
      if (this.#changed.size > 0) this.#wait()
    })
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await Promise.all(this.#watchers.map((watcher) => watcher.close()))
  }

  async #begin(watcher: FSWatcher): Promise<void> {
    watcher.on('all', (_event, path) => this.#note(path))
    // A path that cannot be watched is no reason to stop watching the others.
    watcher.on('error', () => {})
    await new Promise<void>((resolve) => watcher.once('ready', () => resolve()))
  }

  #note(path: string): void {
    this.#changed.add(path)
    this.#wait()
  }

  #wait(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const paths = [...this.#changed].sort()
      const report = this.#report
      if (report === undefined || paths.length === 0) return
      this.#report = undefined
      this.#changed.clear()
      report(paths)
    }, this.#options.quietMs)
  }
}

function isWithin(path: string, dir: string): boolean {
  const way = relative(dir, path)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}
