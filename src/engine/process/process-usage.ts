import { reapedTimeMs, treeUsageOf } from './process-table.ts'

/** What a process and its descendants have used. */
export interface ProcessUse {
  /** The peak of their resident memory, as far as it was seen. */
  readonly peakRssBytes?: number
  /** User and system time. */
  readonly cpuTimeMs?: number
}

/** Sampled soon at first, for processes that do not live long. */
const firstSampleMs = 20
const longestSampleMs = 200

/**
 * Tells how much CPU time each ended child of this process has used: the system only tells the sum of all that have
 * ended. If several end in one turn, the rest is shared evenly.
 */
export class ReapedTime {
  readonly #read: () => number | undefined
  #known: number | undefined
  #running = 0
  #ended: { readonly seenMs: number; readonly resolve: (timeMs: number | undefined) => void }[] = []

  constructor(read: () => number | undefined = reapedTimeMs) {
    this.#read = read
  }

  /** Called before a child is started. */
  begin(): void {
    if (this.#running === 0) this.#known = this.#read()
    this.#running += 1
  }

  /** Returns what a child that has just ended used; `seenMs` is what was sampled while it lived. */
  end(seenMs: number): Promise<number | undefined> {
    if (this.#ended.length === 0) setImmediate(() => this.#share())
    return new Promise((resolve) => this.#ended.push({ seenMs, resolve }))
  }

  #share(): void {
    const ended = this.#ended
    this.#ended = []
    this.#running -= ended.length
    const before = this.#known
    this.#known = this.#read()
    const now = this.#known
    const seenMs = ended.reduce((sum, each) => sum + each.seenMs, 0)
    for (const each of ended) {
      if (before === undefined || now === undefined) each.resolve(undefined)
      else each.resolve(each.seenMs + Math.max(0, Math.round((now - before - seenMs) / ended.length)))
    }
  }
}

const reaped = new ReapedTime()

/** Watches the resources of one process, from before its start until its end. */
export class UsageWatch {
  #peakRssBytes: number | undefined
  #recentPeakRssBytes: number | undefined
  #cpuTimeMs = 0
  #timer: NodeJS.Timeout | undefined
  #pid: number | undefined

  constructor() {
    reaped.begin()
  }

  /** Called when the process has been started. */
  started(pid: number): void {
    this.#pid = pid
    const look = (waitMs: number) => {
      this.#sample()
      this.#timer = setTimeout(() => look(Math.min(waitMs * 2, longestSampleMs)), waitMs).unref()
    }
    look(firstSampleMs)
  }

  /** Returns what was used so far; the peak is that since the last call. */
  soFar(): ProcessUse {
    this.#sample()
    const peakRssBytes = this.#recentPeakRssBytes
    this.#recentPeakRssBytes = undefined
    return { ...(peakRssBytes === undefined ? {} : { peakRssBytes }), cpuTimeMs: this.#cpuTimeMs }
  }

  #sample(): void {
    const usage = this.#pid === undefined ? undefined : treeUsageOf(this.#pid)
    if (usage === undefined) return
    this.#peakRssBytes = Math.max(this.#peakRssBytes ?? 0, usage.rssBytes)
    this.#recentPeakRssBytes = Math.max(this.#recentPeakRssBytes ?? 0, usage.rssBytes)
    this.#cpuTimeMs = Math.max(this.#cpuTimeMs, usage.cpuTimeMs)
  }

  /** Called in the turn in which the process is known to have ended, or not to have started. */
  async ended(): Promise<ProcessUse> {
    clearTimeout(this.#timer)
    const cpuTimeMs = await reaped.end(this.#cpuTimeMs)
    return {
      ...(this.#peakRssBytes === undefined ? {} : { peakRssBytes: this.#peakRssBytes }),
      ...(cpuTimeMs === undefined ? {} : { cpuTimeMs }),
    }
  }
}
