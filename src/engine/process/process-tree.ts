import { setTimeout as delay } from 'node:timers/promises'
import { membersOf } from './process-table.ts'

const firstLookMs = 10
const longestLookMs = 200
/** A process that is still there this long after KILL hangs in the kernel, and nothing can end it. */
const hopelessMs = 5000

/** Sends a signal to a process, or to a group if the number is negative. A process that is gone already is fine. */
export function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/**
 * A process, its group, and all their descendants, also those that moved to another group or session: these are
 * found by a mark in their environment, if the system shows environments.
 */
export class ProcessTree {
  readonly #group: number
  readonly #mark: string

  constructor(group: number, mark: string) {
    this.#group = group
    this.#mark = mark
  }

  /** Sends a signal to every member, once. */
  signal(name: NodeJS.Signals): void {
    this.signalGroup(name)
    for (const { pid, group } of this.#members() ?? []) if (group !== this.#group) send(pid, name)
  }

  /** Sends a signal to the group alone. */
  signalGroup(name: NodeJS.Signals): void {
    send(-this.#group, name)
  }

  /** Resolves when no member is left, or when the signal is aborted. */
  async gone(stop: AbortSignal): Promise<void> {
    for (let waitMs = firstLookMs; this.#isAlive() && !stop.aborted; waitMs = Math.min(waitMs * 1.5, longestLookMs)) {
      await delay(waitMs, undefined, { signal: stop }).catch(() => {})
    }
  }

  /** Kills every member, also those that are started meanwhile. */
  async kill(): Promise<void> {
    const began = performance.now()
    while (this.#isAlive() && performance.now() - began < hopelessMs) {
      this.signal('SIGKILL')
      await delay(firstLookMs)
    }
  }

  #isAlive(): boolean {
    const members = this.#members()
    return members === undefined ? send(-this.#group, 0) : members.length > 0
  }

  #members(): ReturnType<typeof membersOf> {
    return membersOf(this.#group, this.#mark)
  }
}
