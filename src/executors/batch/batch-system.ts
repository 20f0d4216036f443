import type { Result } from '../../../store/index.ts'

/** One job of a batch system, which is one worker. */
export interface BatchTask {
  /** What its worker's name has in it: letters, digits and underscores. */
  readonly name: string
  /** What the batch system calls it. */
  readonly id: string
}

/** What a batch system says of a job: it waits, it runs, or how it ended. */
export type TaskState =
  | { readonly kind: 'waiting' | 'running' }
  | {
      readonly kind: 'over'
      /** As the system calls it. */
      readonly state: string
      readonly because: 'done' | 'lost' | 'timed-out' | 'out-of-memory'
    }

/** Why jobs cannot be submitted. */
export interface NotSubmitted {
  /** Whether it may be different in a while: the controller is away, or there are too many jobs. */
  readonly isPassing: boolean
  readonly message: string
}

/** What is to be started, so many times. */
export interface Submission {
  readonly pool: string
  readonly count: number
  /** Part of the names of files. */
  readonly launch: string
  /** A directory that the nodes see, for scripts and for what jobs print. */
  readonly dir: string
  /** Returns the shell script that starts one worker, where this expression of the shell names its job. */
  readonly script: (task: string) => string
  /** Aborted when nobody waits any more: what is not yet submitted need not be. */
  readonly signal: AbortSignal
  /** Called with each job as soon as there is one. */
  readonly onTask: (task: BatchTask) => void
}

/** Starts jobs on machines that it has: Slurm, or whatever has commands for that. */
export interface BatchSystem {
  /** What people call it. */
  readonly name: string
  /** The time that a job has. */
  readonly timeoutMs?: number
  submit(submission: Submission): Promise<Result<readonly BatchTask[], NotSubmitted>>
  /** Returns the state of each job, by its name, in one question for all of them; `lost` for one that it does not know. */
  states(tasks: readonly BatchTask[]): Promise<Result<ReadonlyMap<string, TaskState>, string>>
  /** Ends jobs. */
  cancel(tasks: readonly BatchTask[], how: 'term' | 'kill'): Promise<Result<void, string>>
  /** The file with what a job printed. */
  log(task: BatchTask, dir: string): string
}
