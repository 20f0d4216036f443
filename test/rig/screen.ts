const esc = String.fromCharCode(27)
const parts = new RegExp(`${esc}\\[\\d*[A-Za-z]|[^${esc}]`, 'gu')

/** What a terminal of some size shows, and what has scrolled away: text, line ends, colours, and clearing from the cursor up. */
export class Screen {
  readonly columns: number
  readonly rows: number
  readonly #scrolled: string[] = []
  #lines: string[]
  #row = 0
  #column = 0

  /** Begins with the cursor in some row. */
  constructor(columns: number, rows: number, row: number) {
    this.columns = columns
    this.rows = rows
    this.#lines = Array.from({ length: rows }, () => '')
    this.#row = row
  }

  /** All lines, from the first that has scrolled away. */
  get lines(): readonly string[] {
    return [...this.#scrolled, ...this.#lines].map((line) => line.trimEnd())
  }

  write(text: string): boolean {
    for (const [part] of text.matchAll(parts)) {
      if (part === '\n') {
        this.#column = 0
        this.#down()
      } else if (part === '\r') this.#column = 0
      else if (part.startsWith(esc)) this.#control(part.at(-1) ?? '', Number(part.slice(2, -1) || 1))
      else this.#put(part)
    }
    return true
  }

  #control(name: string, count: number): void {
    if (name === 'A') this.#row = Math.max(0, this.#row - count)
    else if (name === 'J') {
      const line = this.#lines[this.#row] ?? ''
      this.#lines = this.#lines.map((other, row) => (row > this.#row ? '' : other))
      this.#lines[this.#row] = line.slice(0, this.#column)
    } else if (name !== 'm') throw new Error(`unknown to this terminal: ${name}`)
  }

  #put(letter: string): void {
    // A line that is full wraps with the next letter.
    if (this.#column === this.columns) {
      this.#column = 0
      this.#down()
    }
    const line = (this.#lines[this.#row] ?? '').padEnd(this.#column)
    this.#lines[this.#row] = line.slice(0, this.#column) + letter + line.slice(this.#column + 1)
    this.#column += 1
  }

  #down(): void {
    if (this.#row < this.rows - 1) this.#row += 1
    else {
      this.#scrolled.push(this.#lines.shift() ?? '')
      this.#lines.push('')
    }
  }
}
