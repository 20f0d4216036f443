import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { Secrets } from '../key/secrets.ts'

/**
 * `stage.log` of one step, for all attempts at it: what the stage says, and what its processes print to standard error.
 * It is made with its first line, at a place of its own, and moved beside the outputs when these are there.
 */
export class StageLog {
  readonly #path: string
  readonly #secrets: Pick<Secrets, 'hide'>
  #file: number | undefined
  #isMoved = false

  constructor(path: string, secrets: Pick<Secrets, 'hide'>) {
    this.#path = path
    this.#secrets = secrets
  }

  /** Writes a line; a full disk loses the line, and not the step, which meets the same disk with its outputs. */
  write(line: string): void {
    try {
      this.#file ??= openSync(this.#path, 'a')
      writeSync(this.#file, `${this.#secrets.hide(line)}\n`)
    } catch {
      return
    }
  }

  /** Moves the file into a directory; where nothing was written, an empty one is made. */
  moveInto(dir: string): void {
    const path = `${dir}/stage.log`
    if (this.#file === undefined) closeSync(openSync(path, 'a'))
    else renameSync(this.#path, path)
    this.#isMoved = true
  }

  /** Closes the file, and removes it where it was not moved. Safe to call twice. */
  close(): void {
    if (this.#file === undefined) return
    closeSync(this.#file)
    this.#file = undefined
    if (!this.#isMoved) rmSync(this.#path, { force: true })
  }
}
