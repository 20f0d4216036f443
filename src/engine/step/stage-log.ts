import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { Secrets } from '../key/secrets.ts'

const headMaxBytes = 8_000_000
const tailMaxBytes = 1_000_000

/**
 * `stage.log` of one step, for all attempts at it: what the stage says, and what its processes print to standard error.
 * It is made with its first line, at a place of its own, and moved beside the outputs when these are there. Of a log
 * that grows too large, the beginning and the end are kept.
 */
export class StageLog {
  readonly #path: string
  readonly #secrets: Pick<Secrets, 'hide'>
  #file: number | undefined
  #isMoved = false
  #headBytes = 0
  /** What comes after the beginning: the parts before these two are left out. */
  #tail = ['', '']
  #leftOutBytes = 0

  constructor(path: string, secrets: Pick<Secrets, 'hide'>) {
    this.#path = path
    this.#secrets = secrets
  }

  /** Writes a line; a full disk loses the line, and not the step, which meets the same disk with its outputs. */
  write(line: string): void {
    const text = `${this.#secrets.hide(line)}\n`
    if (this.#headBytes < headMaxBytes) this.#append(text)
    else this.#keep(text)
    this.#headBytes += text.length
  }

  /** Moves the file into a directory; where nothing was written, an empty one is made. */
  moveInto(dir: string): void {
    this.#appendTail()
    const path = `${dir}/stage.log`
    if (this.#file === undefined) closeSync(openSync(path, 'a'))
    else renameSync(this.#path, path)
    this.#isMoved = true
  }

  /** Closes the file, and removes it where it was not moved. Safe to call twice. */
  close(): void {
    if (this.#file === undefined) return
    this.#appendTail()
    closeSync(this.#file)
    this.#file = undefined
    if (!this.#isMoved) rmSync(this.#path, { force: true })
  }

  #append(text: string): void {
    try {
      this.#file ??= openSync(this.#path, 'a')
      writeSync(this.#file, text)
    } catch {
      return
    }
  }

  #keep(text: string): void {
    const [before = '', last = ''] = this.#tail
    if (last.length < tailMaxBytes / 2) this.#tail = [before, last + text]
    else {
      this.#leftOutBytes += Buffer.byteLength(before)
      this.#tail = [last, text]
    }
  }

  #appendTail(): void {
    const text = this.#tail.join('')
    if (this.#leftOutBytes > 0) {
      const megabytes = (this.#leftOutBytes / 1e6).toFixed(1)
      this.#append(`[${megabytes} MB are left out here; the log keeps its beginning and its end]\n`)
    }
    if (text !== '') this.#append(text)
    this.#tail = ['', '']
    this.#leftOutBytes = 0
  }
}
