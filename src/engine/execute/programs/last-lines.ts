import { saysOutOfMemory } from '../../../core/index.ts'

const tailLines = 8
export const tailLength = 4096

/** The last whole lines that a program printed: a secret cut in two would not be recognized. */
export class LastLines {
  readonly #lines: string[] = []
  /** The first line that reports a lack of memory. */
  memoryWord: string | undefined

  onLine(line: string): void {
    if (this.memoryWord === undefined && saysOutOfMemory(line)) this.memoryWord = line.trim()
    if (line.trim() === '') return
    this.#lines.push(line)
    if (this.#lines.length > tailLines) this.#lines.shift()
  }

  get text(): string {
    return this.#lines.join('\n')
  }
}
