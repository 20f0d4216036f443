import type { Cue } from './cues.ts'

interface State {
  readonly cues: readonly Cue[]
  readonly chosen: number
}

const mergesMs = 1500

/** What can be undone and redone; it has no end. */
export class History {
  #past: State[] = []
  #future: State[] = []
  #last: { readonly name: string; readonly at: number } | undefined

  /** Remembers the state before a change. Typing in one place is undone at once, until one pauses. */
  add(before: State, merges: string | undefined, now = Date.now()): void {
    const isSame = merges !== undefined && this.#last?.name === merges && now - this.#last.at < mergesMs
    this.#last = merges === undefined ? undefined : { name: merges, at: now }
    this.#future = []
    if (!isSame) this.#past.push(before)
  }

  clear(): void {
    this.#past = []
    this.#future = []
    this.#last = undefined
  }

  undo(current: State): State | undefined {
    return this.#move(this.#past, this.#future, current)
  }

  redo(current: State): State | undefined {
    return this.#move(this.#future, this.#past, current)
  }

  #move(from: State[], to: State[], current: State): State | undefined {
    const state = from.pop()
    this.#last = undefined
    if (state !== undefined) to.push(current)
    return state
  }
}
