import { setTimeout as delay } from 'node:timers/promises'
import { membersOf } from './process-table.ts'

const firstLookMs = 10
const longestLookMs = 200
/** What is not gone so long after KILL hangs in the kernel, and nobody can end it. */
const hopelessMs = 5000

/** Sends a signal to a process, or to a group where the number is negative; one that is gone is what was wanted. */
export function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/**
 * A process, its group, and all that they have started, also what moved to a group or a session of its own: that is
 * found by a mark in its environment, where the system shows environments.
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
