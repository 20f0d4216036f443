import { type Event, type EventOf, nameInId } from '../../core/index.ts'
import { countText, durationText, sizeText } from '../text/amounts.ts'
import { padded, shownWidth } from '../text/columns.ts'
import { missLine, skipLine } from '../text/explanation.ts'
import { printable, printableLines } from '../text/printable.ts'
import type { StyleName } from '../text/style.ts'
import { percentDone, runLeftText } from '../text/time-left.ts'
import { comparedText, lintText, lostText, queuedText, retryText, runText } from './event-text.ts'
import { FanOuts } from './fan-outs.ts'
import type { LiveArea } from './live-area.ts'
import type { Log } from './log.ts'
import type { TerminalReporter, TerminalReporterOptions } from './reporter-options.ts'
import { RunningSteps } from './running-steps.ts'

export type { TerminalReporter, TerminalReporterOptions } from './reporter-options.ts'

const redrawMs = 100
/** How many lines of hits are written at once. */
const hitsAtOnce = 200
/** A longer name shifts only its own line to the right. */
const longestName = 40
const wordWidth = 'CANCELLED'.length

/** Returns a reporter for people: a line for each event of a step, and live lines for running steps. */
export function terminalReporter(options: TerminalReporterOptions): TerminalReporter {
  const reporter = new Reporter(options)
  return {
    listener: (event) => reporter.onEvent(event),
    clear: () => reporter.clear(),
    close: () => reporter.close(),
  }
}

/** The start of a line about a step: its id, a word in a style, and a level where that is not `info`. */
interface StepWord {
  readonly step: string
  readonly word: string
  readonly style: StyleName
  readonly level?: Parameters<Log>[0]
}

class Reporter {
  readonly #options: TerminalReporterOptions
  readonly #running = new RunningSteps()
  readonly #fanOuts = new FanOuts()
  readonly #executed = new Set<string>()
  #nameWidth = 0
  readonly #hits: string[] = []
  #lastProgress: { readonly event: EventOf<'pipeline_progress'>; readonly atMs: number } | undefined
  #live: LiveArea | 'none' | 'closed' = 'none'
  #stopRedraw: (() => void) | undefined

  constructor(options: TerminalReporterOptions) {
    this.#options = options
  }

  onEvent(event: Event): void {
    const endedFanOut = this.#fanOuts.count(event)
    this.#tell(event)
    if (endedFanOut !== undefined) this.#sumUp(endedFanOut)
  }

  #tell(event: Event): void {
    switch (event.event) {
      case 'pipeline_started':
        this.#started(event)
        break
      case 'pipeline_resumed':
        if (event.done > 0) this.#line('info', `resuming: ${countText(event.done, 'step')} already done`)
        break
      case 'pipeline_warning':
        this.#line('warn', this.#options.style('yellow', `warning: ${printable(event.message)}`))
        break
      case 'pipeline_progress':
        this.#ahead(event)
        break
      case 'stage_cache_miss':
        this.#step({ step: event.stage, word: 'MISS', style: 'yellow' }, missLine(event.reasons))
        break
      case 'stage_running':
        this.#stageRunning(event)
        break
      case 'stage_progress':
        this.#progress(event)
        break
      case 'stage_queued':
        this.#running.place(event.stage, queuedText(event))
        if (this.#options.openLiveArea === undefined)
          this.#step({ step: event.stage, word: 'QUEUED', style: 'dim' }, queuedText(event))
        break
      case 'stage_placed':
        this.#running.place(event.stage, printable(event.worker))
        if (this.#options.openLiveArea === undefined)
          this.#step({ step: event.stage, word: 'RUNNING', style: 'dim' }, `on ${printable(event.worker)}`)
        break
      case 'stage_lost':
        this.#step({ step: event.stage, word: 'LOST', style: 'yellow', level: 'warn' }, lostText(event))
        break
      case 'stage_log':
        this.#line(event.level === 'warn' ? 'warn' : 'debug', `${printable(event.stage)}: ${printable(event.line)}`)
        break
      case 'stage_retrying':
        this.#retrying(event)
        break
      case 'stage_skipped':
        this.#skipped(event)
        break
      case 'stage_completed':
        this.#completed(event)
        break
      case 'stage_failed':
        this.#failed(event)
        break
      case 'stage_cancelled':
        this.#running.stop(event.stage)
        if (!this.#isSummedUp(event.stage)) this.#step({ step: event.stage, word: 'CANCELLED', style: 'yellow' }, '')
        break
      case 'stage_lint':
        this.#step({ step: event.stage, word: 'LINT', style: 'yellow', level: 'warn' }, lintText(event))
        break
      case 'stage_compared':
        this.#step({ step: event.stage, word: 'COMPARED', style: 'green' }, comparedText(event))
        break
      case 'artifact_stored':
        this.#stored(event)
        break
      case 'artifact_materialized':
        this.#line('debug', `${printable(event.stage)}: materialized ${printable(event.path)} (${event.how})`)
        break
      case 'corrections_taken':
      case 'store_collected':
      case 'results_sent':
        this.#line('info', runText(event))
        break
      case 'pipeline_completed':
      case 'pipeline_failed':
      case 'pipeline_cancelled':
        // The summary is written by the closing lines, which also know the outputs.
        this.close()
        break
      default:
        event satisfies never
    }
  }

  clear(): void {
    if (typeof this.#live === 'object') this.#live.clear()
  }

  close(): void {
    if (this.#options.sumsUp === true) for (const name of this.#fanOuts.untold()) this.#sumUp(name)
    this.#writeHits()
    this.clear()
    if (typeof this.#live === 'object') this.#live.progress?.(undefined)
    this.#stopRedraw?.()
    this.#stopRedraw = undefined
    this.#live = 'closed'
  }

  #started({ pipeline, steps, device, job }: EventOf<'pipeline_started'>): void {
    this.#fanOuts.start(steps)
    const names = steps.map((step) => shownWidth(printable(this.#isSummedUp(step) ? nameInId(step) : step)))
    this.#nameWidth = Math.min(
      longestName,
      names.reduce((widest, width) => Math.max(widest, width), 0),
    )
    const where = printable(this.#options.showPath(job))
    this.#line(
      'info',
      `${printable(pipeline)}: ${countText(steps.length, 'step')} on ${printable(device)}, in ${where}`,
    )
  }

  /** There may be thousands of hits: those of one turn of the event loop are written together. */
  #skipped(event: EventOf<'stage_skipped'>): void {
    if (this.#isSummedUp(event.stage)) return
    if (this.#hits.length === 0) queueMicrotask(() => this.#writeHits())
    this.#hits.push(this.#stepLine({ step: event.stage, word: 'SKIPPED', style: 'cyan' }, skipLine(event, 'cache hit')))
    if (event.because !== 'cached' || this.#hits.length === hitsAtOnce) this.#writeHits()
  }

  #writeHits(): void {
    const lines = this.#hits.splice(0)
    if (lines.length > 0) this.#line('info', lines.join('\n'))
  }

  #stageRunning({ stage, attempt, take }: EventOf<'stage_running'>): void {
    this.#executed.add(stage)
    this.#running.start(stage, this.#options.now())
    if (this.#options.openLiveArea === undefined) {
      const which = [...(take === undefined ? [] : [`take ${take}`]), ...(attempt > 1 ? [`attempt ${attempt}`] : [])]
      this.#step({ step: stage, word: 'RUNNING', style: 'dim' }, which.join(', '))
    } else this.#openLive(this.#options.openLiveArea)
  }

  #progress({ stage, fraction, note }: EventOf<'stage_progress'>): void {
    const quarter = this.#running.progress(stage, fraction, note)
    if (quarter !== undefined && this.#options.openLiveArea === undefined) {
      this.#step({ step: stage, word: 'RUNNING', style: 'dim' }, `${quarter * 25}%`)
    }
  }

  #ahead(event: EventOf<'pipeline_progress'>): void {
    const atMs = this.#options.now()
    this.#lastProgress = { event, atMs }
    for (const { stage, left_ms } of event.running) {
      if (left_ms !== undefined) this.#running.expect(stage, left_ms, atMs)
    }
    this.#draw()
  }

  #retrying(event: EventOf<'stage_retrying'>): void {
    this.#running.stop(event.stage)
    this.#step({ step: event.stage, word: 'RETRY', style: 'yellow', level: 'warn' }, retryText(event))
  }

  #completed({ stage, duration_ms, peak_rss_bytes, recorded }: EventOf<'stage_completed'>): void {
    this.#running.stop(stage)
    const parts = [
      durationText(duration_ms),
      ...(peak_rss_bytes === undefined ? [] : [`peak ${sizeText(peak_rss_bytes)}`]),
      ...(recorded ? [] : ['not recorded, so it will run again']),
    ]
    this.#step({ step: stage, word: 'DONE', style: 'green' }, parts.join(', '))
  }

  #stored({ stage, output, digest, size_bytes }: EventOf<'artifact_stored'>): void {
    this.#line('debug', `${printable(stage)}: stored ${printable(output)} ${digest} (${sizeText(size_bytes)})`)
  }

  #failed({ stage, message }: EventOf<'stage_failed'>): void {
    this.#running.stop(stage)
    const [first = '', ...others] = printableLines(message)
    this.#step({ step: stage, word: 'FAILED', style: 'red', level: 'error' }, first)
    const indent = ' '.repeat(this.#nameWidth + wordWidth + 4)
    for (const line of others) this.#line('error', `${indent}${line}`)
    // The log of a step that was not executed is that of an earlier run.
    const log = this.#executed.has(stage) ? this.#options.logPath(stage) : undefined
    if (log !== undefined) this.#line('error', `${indent}log: ${printable(this.#options.showPath(log))}`)
  }

  #isSummedUp(step: string): boolean {
    return this.#options.sumsUp === true && this.#fanOuts.isSummedUp(step)
  }

  #sumUp(name: string): void {
    const told = this.#options.sumsUp === true ? this.#fanOuts.tell(name) : undefined
    if (told === undefined) return
    const [word, style] = told.hasFailed ? (['FAILED', 'red'] as const) : (['DONE', 'green'] as const)
    this.#line('info', this.#stepLine({ step: name, word, style }, told.text))
  }

  /** Of an item of a long fan-out, only what is wrong has a line of its own. */
  #step(word: StepWord, text: string): void {
    if (word.level === undefined && this.#isSummedUp(word.step)) this.#draw()
    else this.#line(word.level ?? 'info', this.#stepLine(word, text))
  }

  #stepLine({ step, word, style }: StepWord, text: string): string {
    const name = padded(printable(step), this.#nameWidth)
    return `${name}  ${this.#options.style(style, padded(word, wordWidth))}  ${text}`.trimEnd()
  }

  #line(level: Parameters<Log>[0], line: string): void {
    this.#writeHits()
    this.clear()
    this.#options.log(level, line)
    this.#draw()
  }

  #openLive(open: () => LiveArea): void {
    if (this.#live !== 'none') return
    this.#live = open()
    this.#stopRedraw = this.#options.every?.(redrawMs, () => this.#draw())
    this.#draw()
  }

  #draw(): void {
    if (typeof this.#live !== 'object') return
    if (this.#running.count === 0) this.#live.clear()
    else {
      const { now, style } = this.#options
      const lines = this.#running.lines(now(), this.#nameWidth, style, this.#fanOuts)
      const lastProgress = this.#lastProgress
      if (lastProgress !== undefined) this.#live.progress?.(percentDone(lastProgress.event))
      this.#live.show(
        lastProgress === undefined
          ? lines
          : [...lines, style('dim', runLeftText(lastProgress.event, now() - lastProgress.atMs))],
      )
    }
  }
}
