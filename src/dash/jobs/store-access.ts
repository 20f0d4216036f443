import { type DirectoryStore, describeStoreFailure, openStore } from '../../../store/index.ts'

/**
 * The store as the dashboard reads it. It may not exist yet, and may be mended while the dashboard runs: then it is
 * opened when it can be.
 */
export class StoreAccess {
  readonly dir: string
  #store: DirectoryStore | undefined
  #problem: string | undefined
  #opening: Promise<void> | undefined
  #isClosed = false

  constructor(dir: string) {
    this.dir = dir
  }

  /** Returns the store, or why it cannot be read; `absent` before the first run. */
  async get(): Promise<DirectoryStore | { readonly problem: string }> {
    if (this.#store === undefined) {
      this.#opening ??= this.#open().finally(() => {
        this.#opening = undefined
      })
      await this.#opening
    }
    return this.#store ?? { problem: this.#problem ?? 'the dashboard is closed' }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#opening
    await this.#store?.close()
    this.#store = undefined
  }

  async #open(): Promise<void> {
    if (this.#isClosed) return
    const opened = await openStore({ dir: this.dir, readOnly: true })
    if (opened.ok) this.#store = opened.value
    else this.#problem = describeStoreFailure(opened.error)
  }
}
