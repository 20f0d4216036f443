import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type LocalStore, openStore, readTreeArtifact } from '../../store/index.ts'
import { scratch } from '../rig/scratch.ts'
import type { Edit } from './edits.ts'

/** A blob that was damaged, and how it is made whole again. */
export interface Damage {
  readonly action: string
  repair(): void
}

/** A directory with a store, an input and a job, and what the tests know of it. */
export class Laboratory {
  readonly dir = mkdtempSync(join(scratch, 'reprise-property-'))
  readonly jobDir = join(this.dir, 'job')
  readonly input = join(this.dir, 'input.txt')
  /** Actions, as the evaluator names them, whose results the store must have. */
  readonly recorded = new Set<string>()
  /** The engine's keys, by the evaluator's names. */
  readonly keys = new Map<string, string>()
  readonly #inlineBytesMax: number
  #store: LocalStore | undefined

  constructor(inlineBytesMax: number) {
    this.#inlineBytesMax = inlineBytesMax
  }

  get store(): LocalStore {
    if (this.#store === undefined) throw new TypeError('the store is not open')
    return this.#store
  }

  async open(): Promise<void> {
    const opened = await openStore({ dir: join(this.dir, 'store'), inlineBytesMax: this.#inlineBytesMax })
    if (!opened.ok) throw new Error(`the store cannot be opened: ${opened.error.kind}`)
    this.#store = opened.value
  }

  async close(): Promise<void> {
    await this.#store?.close()
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** Does to the disk what an edit says; returns what it damaged. `alone` are the actions that may be damaged. */
  async disturb(edit: Edit, alone: ReadonlySet<string>): Promise<Damage | undefined> {
    switch (edit.edit) {
      case 'input':
        writeFileSync(this.input, edit.text)
        return undefined
      case 'touch':
        utimesSync(this.input, new Date(0), new Date(0))
        return undefined
      case 'delete-job':
        rmSync(this.jobDir, { recursive: true, force: true })
        return undefined
      case 'reopen-store':
        await this.store.close()
        await this.open()
        return undefined
      case 'tamper':
        this.#tamper(edit)
        return undefined
      case 'remove-action':
        await this.#removeAction(edit.action)
        return undefined
      case 'damage':
        return this.#damage(edit, alone)
      case 'salt':
      case 'version':
      case 'insert':
      case 'remove':
      case 'move':
        return undefined
      default:
        return edit satisfies never
    }
  }

  /** `job.json` is left alone: one that is readable and names another pipeline is refused. */
  #tamper({ file, how }: Extract<Edit, { readonly edit: 'tamper' }>): void {
    if (!existsSync(this.jobDir)) return
    const files = filesBelow(this.jobDir).filter((path) => !path.endsWith('job.json'))
    const path = files[file % Math.max(1, files.length)]
    if (path === undefined) return
    if (how === 'delete') rmSync(path)
    else if (how === 'grow') appendFileSync(path, 'x')
    else if (how === 'add') writeFileSync(join(dirname(path), 'stray.txt'), 'stray')
    else flip(path)
  }

  async #removeAction(number: number): Promise<void> {
    const actions = [...this.recorded]
    const action = actions[number % Math.max(1, actions.length)]
    if (action !== undefined) await this.forget(action)
  }

  /** Removes an action from the store. */
  async forget(action: string): Promise<void> {
    const key = this.keys.get(action)
    this.recorded.delete(action)
    if (key === undefined) return
    const removed = await this.store.actions.remove([key], 'test')
    if (!removed.ok) throw new Error(`an action cannot be removed: ${removed.error.kind}`)
  }

  /**
   * Damages a blob that one recorded action alone has, so that it is certain which step must be executed again.
   * The job directory is deleted, too: bytes that are right where they belong are not read from the store.
   */
  async #damage(
    { blob, how }: Extract<Edit, { readonly edit: 'damage' }>,
    alone: ReadonlySet<string>,
  ): Promise<Damage | undefined> {
    const owners = new Map<string, Set<string>>()
    for (const action of this.recorded) {
      for (const hash of await this.#blobsOf(action, how !== 'flip'))
        owners.set(hash, (owners.get(hash) ?? new Set()).add(action))
    }
    const candidates = [...owners].flatMap(([hash, actions]) => {
      const [action] = actions
      const path = join(this.dir, 'store', 'blobs', hash.slice(0, 2), hash.slice(2))
      return action !== undefined && alone.has(action) && actions.size === 1 && existsSync(path)
        ? [{ action, path }]
        : []
    })
    const chosen = candidates[blob % Math.max(1, candidates.length)]
    if (chosen === undefined) return undefined
    const { action, path } = chosen
    const bytes = readFileSync(path)
    rmSync(this.jobDir, { recursive: true, force: true })
    chmodSync(path, 0o644)
    if (how === 'delete') rmSync(path)
    else if (how === 'truncate') writeFileSync(path, bytes.subarray(1))
    else flip(path)
    this.recorded.delete(action)
    const repair = () => {
      mkdirSync(dirname(path), { recursive: true })
      rmSync(path, { force: true })
      writeFileSync(path, bytes, { mode: 0o444 })
    }
    return { action, repair }
  }

  /** The listing of a tree may be remembered: whether its bytes on the disk are still right need not be noticed. */
  async #blobsOf(action: string, withListings: boolean): Promise<readonly string[]> {
    const lookup = await this.store.lookup(this.keys.get(action) ?? '')
    if (lookup.kind !== 'hit') throw new Error(`${action} should be in the store: ${lookup.kind}`)
    const hashes: string[] = []
    for (const artifact of Object.values(lookup.record.result.outputs)) {
      if (withListings || artifact.kind !== 'tree') hashes.push(artifact.digest.hash)
      if (artifact.kind !== 'tree') continue
      const entries = await readTreeArtifact(this.store, artifact)
      if (entries.ok) hashes.push(...entries.value.map(({ digest }) => digest.hash))
    }
    return hashes
  }

  /** Returns what a run left behind that it should not, and what the store has or lacks against expectation. */
  async litter(): Promise<readonly string[]> {
    const problems: string[] = [
      ...readdirSync(join(this.jobDir, '.work')),
      ...readdirSync(join(this.dir, 'store', 'tmp')),
    ]
    problems.push(...filesBelow(this.jobDir).filter((path) => path.endsWith('.tmp')))
    for (const [action, key] of this.keys) {
      const there = (await this.store.lookup(key)).kind === 'hit'
      if (there !== this.recorded.has(action)) problems.push(`${there ? 'recorded' : 'not recorded'}: ${action}`)
    }
    return problems
  }
}

function filesBelow(dir: string): readonly string[] {
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : [join(entry.parentPath, entry.name)])).sort()
}

/** Changes one byte and nothing else. */
function flip(path: string): void {
  const bytes = readFileSync(path)
  const first = bytes[0]
  if (first === undefined) return
  bytes[0] = first ^ 1
  writeFileSync(path, bytes)
}
