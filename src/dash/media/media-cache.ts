import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownDir } from '../../loading/own-cache-dir.ts'

const bytesMax = 1024 ** 3
/** How what is being made is called, and how long that takes at most. */
const unfinished = /^[0-9a-f]{12}-/
const unfinishedMs = 3_600_000

/** What the dashboard has made of outputs to show them: kept where only this user reads and writes, and bounded. */
export class MediaCache {
  readonly #env: NodeJS.ProcessEnv
  #dir: string | undefined
  /** Whether it ends with the dashboard, because there is no place to keep it. */
  #isTemporary = false

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  /** Returns the name of what is made of something; the parts say of what, and what is made. */
  keyOf(...parts: readonly string[]): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  }

  get dir(): string {
    if (this.#dir !== undefined) return this.#dir
    const own = ownDir('media', this.#env)
    try {
      if (own !== undefined) {
        mkdirSync(own, { recursive: true, mode: 0o700 })
        chmodSync(own, 0o700)
        this.#dir = own
        return own
      }
    } catch {
      // A cache directory that cannot be written.
    }
    this.#isTemporary = true
    this.#dir = mkdtempSync(join(tmpdir(), 'reprise-dash-'))
    return this.#dir
  }

  has(name: string): boolean {
    const path = join(this.dir, name)
    const isThere = statSync(path, { throwIfNoEntry: false })?.isFile() === true
    if (isThere) this.#touch(path)
    return isThere
  }

  read(name: string): Buffer | undefined {
    try {
      const path = join(this.dir, name)
      const bytes = readFileSync(path)
      this.#touch(path)
      return bytes
    } catch {
      return undefined
    }
  }

  /** Makes a file: `make` writes it at a path that nobody reads, and says whether it is whole. */
  async make<T>(name: string, make: (path: string) => Promise<T>, isWhole: (made: T) => boolean): Promise<T> {
    const path = join(this.dir, `${randomBytes(6).toString('hex')}-${name}`)
    try {
      const made = await make(path)
      if (isWhole(made)) {
        renameSync(path, join(this.dir, name))
        this.#keepWithin(name)
      }
      return made
    } finally {
      rmSync(path, { force: true })
    }
  }

  close(): void {
    if (this.#isTemporary && this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true })
  }

  #touch(path: string): void {
    const now = new Date()
    utimesSync(path, now, now)
  }

  /** Removes what was longest not looked at. */
  #keepWithin(newest: string): void {
    const files = readdirSync(this.dir).flatMap((name) => {
      const stats = statSync(join(this.dir, name), { throwIfNoEntry: false })
      // Another process may be making it.
      const isInTheMaking = unfinished.test(name) && Date.now() - (stats?.mtimeMs ?? 0) < unfinishedMs
      return stats === undefined || isInTheMaking ? [] : [{ name, bytes: stats.size, at: stats.mtimeMs }]
    })
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    for (const file of files.sort((a, b) => a.at - b.at)) {
      if (bytes <= bytesMax) return
      if (file.name === newest) continue
      rmSync(join(this.dir, file.name), { force: true })
      bytes -= file.bytes
    }
  }
}
