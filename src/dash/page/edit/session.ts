import { signal } from '@preact/signals'
import type { EditsAnswer, HandCorrection, StaleAnswer } from '../../api/messages.ts'
import { isTrust } from '../act/trust.tsx'
import { post, ServerError, wordsOf } from '../live/server.ts'
import { announced } from '../parts/bits.tsx'
import { type Cue, formatSrt, type Limits, parseSrt, rebase, unfitness } from './cues.ts'
import { History } from './history.ts'
import { forget, keep, kept } from './kept.ts'

/** A track of a job, by the step that made it and the name of its file without its ending. */
export interface TrackName {
  readonly job: string
  readonly step: string
  readonly stem: string
}

export type Phase =
  | { readonly kind: 'reading' }
  | { readonly kind: 'trust'; readonly config: string }
  | { readonly kind: 'problem'; readonly why: string }
  | { readonly kind: 'ready' }

/** What becomes of what was typed. */
export type Saving =
  | { readonly kind: 'saved'; readonly at?: number }
  | { readonly kind: 'saving' }
  /** A cue is not complete yet. */
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string; readonly isKept: boolean }

const calmMs = 500
const retryMs = { away: 2000, refused: 10_000 } as const

export function keyOf({ job, step, stem }: TrackName): string {
  return `${job} ${step} ${stem}`
}

const sessions = new Map<string, EditSession>()

/** Returns the session of a track: it is the same one while the page is open, wherever the track is shown. */
export function sessionOf(name: TrackName): EditSession {
  const key = keyOf(name)
  const session = sessions.get(key) ?? new EditSession(name)
  sessions.set(key, session)
  return session
}

/** One track that is edited: its cues, what was undone, and how far it is saved. */
export class EditSession {
  readonly phase = signal<Phase>({ kind: 'reading' })
  readonly cues = signal<readonly Cue[]>([])
  readonly chosen = signal(0)
  readonly saving = signal<Saving>({ kind: 'saved' })
  readonly conflicts = signal<readonly HandCorrection[]>([])
  /** Cues that were typed, and whose place is another one now. */
  readonly lost = signal<readonly Cue[]>([])
  /** Counts what was saved: what a run would do is another thing then. */
  readonly revision = signal(0)
  readonly history = new History()
  limits: Limits = {}
  trusts: string | undefined
  readonly #name: TrackName
  readonly #key: string
  #path = ''
  #base = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #isSaving = false

  constructor(name: TrackName) {
    this.#name = name
    this.#key = keyOf(name)
  }

  get #order(): Readonly<Record<string, string>> {
    return { job: this.#name.job, ...(this.trusts === undefined ? {} : { trusts: this.trusts }) }
  }

  /** Reads the track with all corrections; what was typed and is not saved stays. */
  async read(): Promise<void> {
    try {
      this.#take(await post<EditsAnswer>('api/corrections', this.#order))
    } catch (error) {
      if (error instanceof ServerError && isTrust(error.answer))
        this.phase.value = { kind: 'trust', config: error.answer.config }
      else if (this.phase.value.kind !== 'ready') this.phase.value = { kind: 'problem', why: wordsOf(error) }
    }
  }

  trust(config: string): void {
    this.trusts = config
    this.phase.value = { kind: 'reading' }
    void this.read()
  }

  /** Changes the cues; `merges` names a change that is undone together with the one before of the same name. */
  change(cues: readonly Cue[], chosen = this.chosen.value, merges?: string): void {
    this.history.add({ cues: this.cues.value, chosen: this.chosen.value }, merges)
    this.#show(cues, chosen)
  }

  changeCue(index: number, cue: Cue, merges?: string): void {
    this.change(this.cues.value.with(index, cue), index, merges)
  }

  undo(way: 'undo' | 'redo'): void {
    const state = this.history[way]({ cues: this.cues.value, chosen: this.chosen.value })
    if (state === undefined) return
    this.#show(state.cues, state.chosen)
    announced.value = way === 'undo' ? 'undone' : 'redone'
  }

  choose(index: number): void {
    this.chosen.value = Math.max(0, Math.min(this.cues.value.length - 1, index))
  }

  /** Settles a conflict; what was typed is saved before. */
  async settle(conflict: HandCorrection, choice: 'yours' | 'computed'): Promise<void> {
    await this.save()
    if (this.saving.value.kind !== 'saved') return
    // The ids count the corrections, and another one may have come before it.
    const same = this.conflicts.value.find(({ lines }) => lines.join() === conflict.lines.join())
    if (same === undefined) return
    try {
      this.#take(await post<EditsAnswer>('api/settle', { ...this.#order, id: same.id, keep: choice }))
      this.revision.value += 1
      announced.value = 'settled'
    } catch (error) {
      this.saving.value = { kind: 'failed', why: wordsOf(error), isKept: true }
    }
  }

  /** Saves what was typed as corrections, unless a cue is not complete. */
  async save(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#isSaving || this.phase.value.kind !== 'ready') return
    const text = formatSrt(this.cues.value)
    if (!this.#isDirty(text)) {
      forget(this.#key)
      if (this.saving.value.kind !== 'saved') this.saving.value = { kind: 'saved' }
      return
    }
    const unfit = this.cues.value.findIndex((cue) => unfitness(cue) !== undefined)
    const cue = this.cues.value[unfit]
    if (cue !== undefined) {
      this.saving.value = { kind: 'waiting', why: `cue ${unfit + 1} ${unfitness(cue)}` }
      return
    }
    this.#isSaving = true
    this.saving.value = { kind: 'saving' }
    try {
      const body = { ...this.#order, path: this.#path, base: this.#base, text }
      const answer = await post<EditsAnswer>('api/correct', body)
      this.#isSaving = false
      this.revision.value += 1
      this.#take(answer, text)
    } catch (error) {
      this.#isSaving = false
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    if (error instanceof ServerError && isStale(error.answer)) {
      this.#take(error.answer.now)
      return
    }
    this.saving.value = { kind: 'failed', why: wordsOf(error), isKept: kept(this.#key) !== undefined }
    const isAway = !(error instanceof ServerError) || error.status !== 409
    this.#later(isAway ? retryMs.away : retryMs.refused)
  }

  #show(cues: readonly Cue[], chosen: number): void {
    this.cues.value = cues
    this.choose(chosen)
    const isKept = keep(this.#key, { base: this.#base, text: formatSrt(cues) })
    const before = this.saving.value
    this.saving.value = before.kind === 'failed' ? { ...before, isKept } : { kind: 'saving' }
    this.#later(calmMs)
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.save(), ms)
  }

  #isDirty(text: string): boolean {
    return text !== formatSrt(parseSrt(this.#base))
  }

  /** Takes what the server has; `sent` is what it was given. */
  #take({ files, step, corrections }: EditsAnswer, sent?: string): void {
    const { step: wanted, stem } = this.#name
    const file = step === wanted ? files.find(({ path }) => stemOf(path) === stem) : undefined
    if (file === undefined) {
      this.phase.value = {
        kind: 'problem',
        why: 'This track cannot be edited: the pipeline keeps no corrections of it.',
      }
      return
    }
    this.#path = file.path
    this.limits = file.limits
    this.conflicts.value = corrections.filter(({ state }) => state === 'conflict')
    const now = parseSrt(file.text)
    const typed = this.#typed(sent)
    // A run, or another tab, has changed the track: what was before it would take that back.
    if (sent === undefined && file.text !== this.#base) this.history.clear()
    if (typed === undefined) {
      if (formatSrt(now) !== formatSrt(this.cues.value)) this.cues.value = now
    } else if (sent === undefined) {
      const { cues, lost } = rebase(parseSrt(typed.base), parseSrt(typed.text), now)
      this.cues.value = cues
      if (lost.length > 0) this.lost.value = [...this.lost.value, ...lost]
    }
    this.#base = file.text
    this.phase.value = { kind: 'ready' }
    this.choose(this.chosen.value)
    const text = formatSrt(this.cues.value)
    if (this.#isDirty(text)) {
      keep(this.#key, { base: this.#base, text })
      this.#later(calmMs)
    } else {
      forget(this.#key)
      this.saving.value = { kind: 'saved', ...(sent === undefined ? {} : { at: Date.now() }) }
      if (sent !== undefined) announced.value = 'saved'
    }
  }

  /** Returns what was typed beyond what is saved: in this page, or before it was loaded anew. */
  #typed(sent: string | undefined): { readonly base: string; readonly text: string } | undefined {
    if (this.phase.value.kind !== 'ready') return kept(this.#key)
    const text = formatSrt(this.cues.value)
    if (sent !== undefined) return text === sent ? undefined : { base: sent, text }
    return this.#isDirty(text) ? { base: this.#base, text } : undefined
  }
}

function stemOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '')
}

function isStale(value: unknown): value is StaleAnswer {
  return typeof value === 'object' && value !== null && 'now' in value
}
