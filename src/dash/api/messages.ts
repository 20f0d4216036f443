/** What the page and its server say to each other. Durations are milliseconds, times ISO 8601, sizes bytes. */

export type JobState = 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted' | 'never-run'
export type StepState = 'done' | 'running' | 'failed' | 'skipped' | 'interrupted' | 'not-yet'

/** What the page needs to know before all else. */
export interface Hello {
  readonly csrf: string
  readonly version: string
  /** Where the dashboard was started; jobs of configs elsewhere are asked about before they run. */
  readonly root: string
  readonly store: string
  /** The pipelines of the last runs, for the empty list. */
  readonly canAct: boolean
}

/** A row of the job list. */
export interface JobRow {
  /** Names the job in every address of the dashboard. */
  readonly id: string
  /** The job directory as it is called on a command line. */
  readonly path: string
  /** The same as a word of a command line. */
  readonly word: string
  readonly name: string
  readonly pipeline: string
  readonly state: JobState
  readonly runs: number
  readonly activeAt?: string
  readonly problem?: string
  /** How far the run is, while it is going on or stopped before its end. */
  readonly done?: number
  readonly total?: number
  readonly leftMs?: number
  /** When that was so, ISO 8601. */
  readonly leftAt?: string
  readonly failed?: number
  /** How the last run ended: how many steps it computed, had already, and could not do, and what those saved. */
  readonly ended?: {
    readonly executed: number
    readonly cached: number
    readonly failed: number
    readonly durationMs: number
    readonly savedMs: number
  }
}

export interface JobsAnswer {
  readonly jobs: readonly JobRow[]
  /** How many jobs the store knows whose directories no longer exist. */
  readonly gone: number
  /** Why the store cannot be read. */
  readonly problem?: string
}

/** A step of a job. */
export interface StepRow {
  readonly id: string
  readonly state: StepState
  /** Whether its result came from the store. */
  readonly hit?: true
  /** Why it ran, or what became of it, in one line. */
  readonly why?: string
  /** What it took; for a hit, what that saved. */
  readonly ms?: number
  readonly startedAt?: string
  /** From 0 to 1. */
  readonly fraction?: number
  readonly note?: string
  readonly attempts?: number
  readonly message?: string
  readonly peakBytes?: number
  /** When it ran, after the run's beginning. */
  readonly ran?: readonly [begin: number, end: number]
}

export interface RunInfo {
  readonly id: string
  readonly startedAt: string
  readonly ms?: number
  readonly executed?: number
  readonly cached?: number
  readonly savedMs?: number
  readonly leftMs?: number
  /** When that was so, ISO 8601. */
  readonly leftAt?: string
  /** Steps without a history, of which nobody knows how long they take. */
  readonly unknown?: number
}

/** Everything on the page of a job. */
export interface JobAnswer {
  readonly job: JobRow
  /** Counts what changed; the stream starts from here. */
  readonly seq: number
  readonly inputs: Readonly<Record<string, string | readonly string[]>>
  readonly params: Readonly<Record<string, unknown>>
  readonly device: string
  readonly run?: RunInfo
  readonly steps: readonly StepRow[]
  /** By the name of a step, the names of those whose results it reads. */
  readonly needs: Readonly<Record<string, readonly string[]>>
  readonly warnings: readonly string[]
  readonly outputs: readonly OutputLink[]
  /** How many steps workers had that none has ended, as far as the log of the last run tells. */
  readonly onWorkers?: number
  /** The config of its last run. */
  readonly config?: string
  /** The step whose files can be corrected here. */
  readonly editable?: string
}

/** An output of the pipeline, and where it is shown. */
export interface OutputLink {
  readonly name: string
  readonly step: string
  readonly output: string
}

/** What the stream says. */
export type StreamMessage =
  | ({ readonly kind: 'jobs' } & JobsAnswer)
  | {
      readonly kind: 'job'
      readonly job: JobRow
      /** That before `seq` is the one on which this builds; whoever has another reads the job anew. */
      readonly seq: number
      readonly run?: RunInfo
      readonly steps: readonly StepRow[]
      /** All of them, where there are new ones. */
      readonly warnings?: readonly string[]
    }
  /** More changed than is told: read the job anew. */
  | { readonly kind: 'stale'; readonly id: string; readonly because?: string }
  /** What was missed is no longer known: read everything anew. */
  | { readonly kind: 'reset' }

export interface ErrorAnswer {
  readonly error: string
}

export type FileKind = 'video' | 'audio' | 'image' | 'captions' | 'text' | 'json' | 'other'

export interface ShownFile {
  /** The path in a tree; empty for an output that is a file. */
  readonly entry: string
  readonly name: string
  /** The path in the job directory as a word of a command line. */
  readonly word: string
  readonly sizeBytes: number
  readonly kind: FileKind
}

/** How loud a sound is over time: a byte for each piece, in base64; `unknown` where it was not measured yet. */
export type PeaksAnswer = { readonly perSecond: number; readonly peaks: string } | { readonly unknown: true }

/** A small copy of a part of a film or sound, for browsers that cannot play the whole. */
export interface PreviewAnswer {
  readonly key: string
  readonly kind: 'video' | 'audio'
  readonly fromSeconds: number
  /** At most so long. */
  readonly seconds: number
}

export interface StepOutput {
  readonly name: string
  readonly kind: 'file' | 'tree' | 'json'
  readonly files: readonly ShownFile[]
  readonly more: number
}

/** A part of a key that changed, or another reason, in words and where there are any with both values. */
export interface WhyPart {
  readonly text: string
  readonly path?: string
  readonly from?: unknown
  readonly to?: unknown
}

export interface TakeRow {
  readonly step: string
  readonly take: number
  readonly isCurrent: boolean
  readonly ms?: number
  readonly sizeBytes?: number
  readonly producedAt?: string
  readonly gone?: string
}

/** What the drawer shows of a step. */
export interface StepAnswer {
  readonly id: string
  readonly decision: 'hit' | 'miss' | 'skipped' | 'unknown'
  readonly why: readonly WhyPart[]
  readonly key?: string
  /** Whether the store still has its result before the last change. */
  readonly hasBefore?: true
  readonly outputs: readonly StepOutput[]
  /** As it is in `manifest.json`. */
  readonly manifest?: unknown
  readonly takes: readonly TakeRow[]
  readonly directory?: string
}

export interface LogAnswer {
  readonly total: number
  readonly from: number
  readonly lines: readonly string[]
  /** Whether only what the stage says is known yet, because its log is written when it ends. */
  readonly isPartial?: true
}

export interface LogSearch {
  readonly count: number
  /** Numbers of lines, the first ones. */
  readonly hits: readonly number[]
}

/** What a run would do, before it runs. */
export interface PlanAnswer {
  readonly command: string
  /** Ids of the steps that it executes. */
  readonly executes: readonly string[]
  /** Ids of the steps that may have to be executed: they hit if what they read is the same as before. */
  readonly maybe: readonly string[]
  readonly reused: number
  /** About how long the run takes if only those of `executes` are executed, and if those of `maybe` are, too. */
  readonly ms: number
  readonly mostMs: number
  /** The same of single steps. */
  readonly stepMs: Readonly<Record<string, number>>
  /** How many of them nobody knows the time of. */
  readonly unknown: number
  /** What hits save. */
  readonly savedMs: number
  /** What keeps it from running. */
  readonly blocked: readonly string[]
  /** Why each of the first steps is executed. */
  readonly why: readonly { readonly step: string; readonly text: string }[]
}

/** A config that lies elsewhere than where the dashboard was started: its code is run only when a person says so. */
export interface TrustAnswer {
  readonly config: string
}

/** A file of a job that can be edited, with all corrections so far, also those that no run has merged. */
export interface EditableTrack {
  /** Below the directory of its step. */
  readonly path: string
  readonly text: string
  /** Of the job's profile and params: `maxLineChars`, `maxLines`, `charsPerSecond`, `minCueS`, `maxCueS`, `cueGapS`. */
  readonly limits: Readonly<Record<string, number>>
}

export interface HandCorrection {
  readonly id: string
  /** `conflict` where what is computed changed at the same place. */
  readonly state: string
  /** What was computed, what is computed now, and what the person wrote. */
  readonly lines: readonly string[]
}

export interface EditsAnswer {
  readonly step: string
  readonly files: readonly EditableTrack[]
  readonly corrections: readonly HandCorrection[]
  readonly changed: number
  readonly refused: readonly { readonly why: string; readonly isStale: boolean }[]
}

/** Why an edit was not saved: the file is another one by now. */
export interface StaleAnswer extends ErrorAnswer {
  readonly now: EditsAnswer
}

export interface StartedAnswer {
  readonly job: string
  readonly pid: number
}

/** A pipeline as `reprise list --json` describes it. */
export interface PipelineEntry {
  readonly name: string
  readonly description?: string
  readonly config?: string
  readonly inputs: readonly { readonly name: string; readonly kind: string; readonly arity?: 'optional' | 'many' }[]
  readonly params: readonly ParamEntry[]
  readonly problems?: readonly string[]
}

export interface ParamEntry {
  readonly name: string
  /** A JSON Schema type, or a choice: `720 | 1080`. */
  readonly type: string
  readonly description?: string
  readonly default?: unknown
  readonly required: boolean
}
