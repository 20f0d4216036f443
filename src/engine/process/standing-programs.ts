import type { Writable } from 'node:stream'
import type { Timing } from '../system/timing.ts'
import type { OnLine } from './process-output.ts'
import type { ProcessUse } from './process-usage.ts'
import type { ProcessExit, ProcessOptions } from './program.ts'

/** How a program that stays is started; questions that give the same may be asked of the same one. */
export interface StandingProgram
  extends Pick<ProcessOptions, 'command' | 'args' | 'env' | 'killSignal' | 'killGraceMs'> {
  /** What else tells programs apart that must not serve each other, such as the bytes of a model. */
  readonly identity: string
}

/** A question, and who hears what the program says until it has answered. */
export interface Question {
  /** A line of JSON. */
  readonly text: string
  /** When aborted, the program is ended: only so does it leave a question. */
  readonly signal: AbortSignal
  /** How long the program waits for the next question before it is ended. */
  readonly idleMs: number
  readonly timing: Timing
  /** Called when it is known whether a program is there that has answered before. */
  readonly onProgram: (isNew: boolean) => void
  readonly onStdoutLine: OnLine
  readonly onStderrLine: OnLine
  readonly onFinalStderrLine: OnLine
}

/** What a program says to a question, or that it ended without an answer. */
export type Answer =
  | { readonly kind: 'answered'; readonly answer: unknown }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'ended'; readonly exit: ProcessExit }

/** An answer, what the program used for it (its start is part of its first), and whether it said anything at all. */
export type AnswerEnd = Answer & { readonly use: ProcessUse; readonly isHeard: boolean }

/** A program that runs, and reads what is written to it. */
export interface KeptProcess {
  readonly stdin: Writable
  readonly exit: Promise<ProcessExit>
  /** Returns what it has used so far; the peak is that since the last call. */
  use(): ProcessUse
}

type Keep = (options: ProcessOptions) => Promise<KeptProcess>

/**
 * The programs that stay when they have answered, each for one question at a time. A question goes to one that is idle, and
 * where there is none, another is started: there are as many as questions that were asked at once.
 */
export class StandingPrograms {
  readonly #keep: Keep
  readonly #idle = new Map<string, Set<Standing>>()
  readonly #all = new Set<Promise<Standing>>()
  #isEnded = false

  constructor(keep: Keep) {
    this.#keep = keep
  }

  async ask(program: StandingProgram, question: Question): Promise<AnswerEnd> {
    question.signal.throwIfAborted()
    if (this.#isEnded) throw new Error('the run had ended when a program was asked')
    const kind = JSON.stringify([program.identity, program.command, program.args, program.env])
    const idle = this.#idle.get(kind) ?? new Set()
    this.#idle.set(kind, idle)
    // The one that answered last: the others end when nobody asks them.
    const there = [...idle].findLast(({ isBroken }) => !isBroken)
    question.onProgram(there === undefined)
    if (there !== undefined) idle.delete(there)
    const standing = there ?? (await this.#start(program, question.signal, idle))
    const end = await standing.ask(question)
    // One that was killed while nobody asked it, say by a system without memory, is no failure of this step.
    const wasGone = there !== undefined && end.kind === 'ended' && !end.isHeard && !question.signal.aborted
    if (wasGone) return this.ask(program, question)
    if (end.kind !== 'ended' && standing.isBroken) void standing.end()
    else if (end.kind !== 'ended') {
      idle.add(standing)
      standing.rest(question, () => void idle.delete(standing))
    }
    return end
  }

  /** Ends all of them. */
  async end(): Promise<void> {
    this.#isEnded = true
    const started = await Promise.allSettled(this.#all)
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.end() : undefined)))
  }

  #start(program: StandingProgram, signal: AbortSignal, idle: Set<Standing>): Promise<Standing> {
    const started = Standing.start(this.#keep, program, signal)
    this.#all.add(started)
    const forget = () => void this.#all.delete(started)
    started.then((standing) => {
      void standing.gone.then(() => {
        forget()
        idle.delete(standing)
      })
    }, forget)
    return started
  }
}

/** One program that stays. */
class Standing {
  readonly #stop: AbortController
  readonly #kill: AbortController
  readonly #kept: KeptProcess
  readonly #ear: Ear
  #cpuTimeMs = 0
  #stopResting: () => void = () => {}
  /** Resolves when the program has ended. */
  readonly gone: Promise<unknown>

  private constructor(kept: KeptProcess, ear: Ear, { stop, kill }: { stop: AbortController; kill: AbortController }) {
    this.#kept = kept
    this.#ear = ear
    this.#stop = stop
    this.#kill = kill
    this.gone = kept.exit.then(
      () => {},
      () => {},
    )
    void this.gone.then(() => this.#stopResting())
    // It may be gone when it is asked: its exit tells so.
    kept.stdin.on('error', () => {})
  }

  static async start(keep: Keep, program: StandingProgram, signal: AbortSignal): Promise<Standing> {
    const { command, args, env, killGraceMs, killSignal } = program
    const [stop, kill] = [new AbortController(), new AbortController()]
    const ear = new Ear()
    const onAbort = () => stop.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const kept = await keep({
      command,
      args,
      env,
      // It outlives every directory of a step.
      cwd: '/',
      signal: stop.signal,
      killSignal: killSignal === undefined ? kill.signal : AbortSignal.any([kill.signal, killSignal]),
      ...(killGraceMs === undefined ? {} : { killGraceMs }),
      onStdoutLine: (...line) => ear.onStdoutLine(...line),
      onStderrLine: (...line) => ear.question?.onStderrLine(...line),
      onFinalStderrLine: (...line) => ear.question?.onFinalStderrLine(...line),
    }).finally(() => signal.removeEventListener('abort', onAbort))
    return new Standing(kept, ear, { stop, kill })
  }

  async ask(question: Question): Promise<AnswerEnd> {
    this.#stopResting()
    const stop = () => this.#stop.abort()
    if (question.signal.aborted) stop()
    question.signal.addEventListener('abort', stop, { once: true })
    this.#kept.use()
    try {
      const answered = this.#ear.listen(question)
      this.#kept.stdin.write(`${question.text}\n`)
      const exit = this.#kept.exit.then((ended): Answer => ({ kind: 'ended', exit: ended }))
      const first = await Promise.race([answered, exit])
      // One that was told to end serves nobody any more. What it printed to its other output may be a turn behind.
      const answer = this.#stop.signal.aborted ? await exit : first
      await new Promise((resolve) => setImmediate(resolve))
      const use = answer.kind === 'ended' ? answer.exit : this.#kept.use()
      return { ...answer, use: this.#partOf(use), isHeard: this.#ear.isHeard }
    } finally {
      question.signal.removeEventListener('abort', stop)
      this.#ear.leave()
    }
  }

  /** Whether it has answered what nobody asked: what it says next may be an answer to something else. */
  get isBroken(): boolean {
    return this.#ear.isBroken
  }

  /** Waits for the next question, and ends where none comes; `onEnd` is called before. */
  rest({ idleMs, timing }: Question, onEnd: () => void): void {
    this.#stopResting = timing.after(idleMs, () => {
      onEnd()
      void this.end()
    })
  }

  /** Ends it at once: it holds nothing that it has not told. */
  async end(): Promise<void> {
    this.#stopResting()
    this.#kill.abort()
    await this.gone
  }

  #partOf({ peakRssBytes, cpuTimeMs }: ProcessUse): ProcessUse {
    const spentMs = cpuTimeMs === undefined ? undefined : Math.max(0, cpuTimeMs - this.#cpuTimeMs)
    this.#cpuTimeMs = cpuTimeMs ?? this.#cpuTimeMs
    return {
      ...(peakRssBytes === undefined ? {} : { peakRssBytes }),
      ...(spentMs === undefined ? {} : { cpuTimeMs: spentMs }),
    }
  }
}

/** Hears what a program prints, for whoever has asked it. */
class Ear {
  question: Question | undefined
  isHeard = false
  isBroken = false
  #answer: ((answer: Answer) => void) | undefined

  listen(question: Question): Promise<Answer> {
    this.question = question
    this.isHeard = false
    return new Promise((resolve) => {
      this.#answer = resolve
    })
  }

  leave(): void {
    this.question = undefined
    this.#answer = undefined
  }

  onStdoutLine(line: string, leftOutBytes: number): void {
    this.isHeard = true
    const answer = leftOutBytes > 0 ? undefined : answerIn(line)
    if (answer === undefined) this.question?.onStdoutLine(line, leftOutBytes)
    else if (this.#answer === undefined) this.isBroken = true
    else {
      this.#answer(answer)
      this.#answer = undefined
    }
  }
}

/** Returns the answer that a line holds, if it does. */
function answerIn(line: string): Answer | undefined {
  if (!line.startsWith('{')) return undefined
  let said: unknown
  try {
    said = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof said !== 'object' || said === null) return undefined
  if ('answer' in said) return { kind: 'answered', answer: said.answer }
  return 'error' in said ? { kind: 'refused', message: String(said.error) } : undefined
}
