import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ActionKey } from '../contract/action-cache.ts'
import { digestBytes, digestText, isHash } from '../contract/digest.ts'
import { valueOr } from '../disk/io-failure.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { namesIn } from '../disk/names-in.ts'
import { removeFile } from '../disk/remove-file.ts'

/**
 * The results of a store that a remote is still to get: an empty file for each, `uploads/REMOTE/KEY` in the store's
 * directory, so that they are known after a kill and to every process.
 */
export class UploadQueue {
  readonly #dir: string
  /** What the remote is called in names of files and leases. */
  readonly id: string

  constructor(storeDir: string, remote: string, scope: string) {
    this.id = digestText(digestBytes(Buffer.from(`${remote}\0${scope}`))).slice(3, 19)
    this.#dir = join(storeDir, 'uploads', this.id)
  }

  /** Adds a result; returns false where the disk does not let it. */
  add(key: ActionKey): boolean {
    return valueOr(false, () => {
      makeDirectory(this.#dir, 0o700)
      writeFileSync(join(this.#dir, key), '')
      return true
    })
  }

  remove(key: ActionKey): void {
    removeFile(join(this.#dir, key))
  }

  keys(): readonly ActionKey[] {
    return namesIn(this.#dir).filter(isHash)
  }
}
