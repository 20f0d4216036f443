import { join } from 'node:path'
import { err, ok, type Result } from '../../../store/index.ts'
import type { SlurmJobs } from '../../core/index.ts'
import { runCommand } from './batch-command.ts'
import type { BatchSystem, BatchTask, NotSubmitted, Submission, TaskState } from './batch-system.ts'

/** The largest array that Slurm takes unless it is set up otherwise. */
const arrayMax = 1000
/** Its worker hears so long before the time limit that it has to end. */
const warningSeconds = 60

/** What people read of errors that may be gone in a while. */
const passing =
  /contact slurm controller|socket timed out|timed out|temporarily|connection refused|submit ?limit|MaxSubmit|try again/i

const noAccounting = /not installed here|accounting storage is disabled/i

const over: Readonly<Record<string, Extract<TaskState, { readonly kind: 'over' }>['because']>> = {
  COMPLETED: 'done',
  TIMEOUT: 'timed-out',
  DEADLINE: 'timed-out',
  OUT_OF_MEMORY: 'out-of-memory',
  BOOT_FAIL: 'lost',
  CANCELLED: 'lost',
  FAILED: 'lost',
  NODE_FAIL: 'lost',
  PREEMPTED: 'lost',
  REVOKED: 'lost',
}

/** Starts workers as jobs of Slurm: arrays that are not requeued, since who waits for an order gives it again. */
export class SlurmSystem implements BatchSystem {
  readonly name = 'Slurm'
  readonly timeoutMs?: number
  readonly #jobs: SlurmJobs
  #hasAccounting = true

  constructor(jobs: SlurmJobs, timeoutMs?: number) {
    this.#jobs = jobs
    if (timeoutMs !== undefined) this.timeoutMs = timeoutMs
  }

  async submit({ pool, count, dir, script, onTask }: Submission): Promise<Result<readonly BatchTask[], NotSubmitted>> {
    const taken = Math.min(count, arrayMax)
    const args = [
      '--parsable',
      '--no-requeue',
      `--array=0-${taken - 1}`,
      '--export=NIL',
      `--signal=B:TERM@${warningSeconds}`,
    ]
    // A percent sign in the directory, as of a pool whose name has a space, stands for itself.
    const output = join(dir.replaceAll('%', '%%'), 'slurm-%A_%a.log').replaceAll('\\', '\\\\')
    args.push(`--job-name=${jobName(pool)}`, `--output=${output}`)
    const options = { input: script(`"\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"`) }
    const submitted = await runCommand('sbatch', [...args, ...this.#options()], options)
    if (!submitted.ok) return err({ isPassing: passing.test(submitted.error), message: submitted.error })
    const id = /^(\d+)/.exec(submitted.value.trim())?.[1]
    if (id === undefined) return err({ isPassing: false, message: `sbatch printed no number: ${submitted.value}` })
    const tasks = Array.from({ length: taken }, (_, index) => ({ name: `${id}_${index}`, id: `${id}_${index}` }))
    for (const task of tasks) onTask(task)
    return ok(tasks)
  }

  #options(): readonly string[] {
    const { partition, account, qos, memory, cpus, gres, options = [] } = this.#jobs
    const named = { partition, account, qos, mem: memory, 'cpus-per-task': cpus, gres }
    const given = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]))
    // Whole minutes, as Slurm counts.
    const time = this.timeoutMs === undefined ? [] : [`--time=${Math.max(1, Math.ceil(this.timeoutMs / 60_000))}`]
    return [...given, ...time, ...options]
  }

  async states(tasks: readonly BatchTask[]): Promise<Result<ReadonlyMap<string, TaskState>, string>> {
    if (tasks.length === 0) return ok(new Map())
    // One question, whatever the number of jobs; those that are gone would make it fail if they were named.
    const asked = await runCommand('squeue', ['-h', '-r', '--me', '--states=all', '-o', '%F_%K|%T'])
    if (!asked.ok) return asked
    const known = new Map<string, TaskState>()
    for (const line of asked.value.split('\n')) {
      const [id = '', state = ''] = line.trim().split('|')
      known.set(id, stateOf(state))
    }
    const gone = tasks.filter(({ id }) => !known.has(id))
    for (const [id, state] of await this.#accounted(gone)) known.set(id, state)
    return ok(
      new Map(tasks.map(({ name, id }) => [name, known.get(id) ?? { kind: 'over', state: 'gone', because: 'lost' }])),
    )
  }

  /** Asks the accounting for jobs that squeue has forgotten, where there is one. */
  async #accounted(gone: readonly BatchTask[]): Promise<ReadonlyMap<string, TaskState>> {
    const states = new Map<string, TaskState>()
    if (gone.length === 0 || !this.#hasAccounting) return states
    const jobs = [...new Set(gone.map(({ id }) => id.split('_')[0] ?? id))]
    const asked = await runCommand('sacct', ['-n', '-P', '-X', '-j', jobs.join(','), '-o', 'JobID,State'])
    // An accounting that is away for a while is asked again.
    if (!asked.ok) this.#hasAccounting = !noAccounting.test(asked.error)
    else {
      for (const line of asked.value.split('\n')) {
        const [id = '', state = ''] = line.trim().split('|')
        if (id !== '') states.set(id, stateOf(state))
      }
    }
    return states
  }

  async cancel(tasks: readonly BatchTask[], how: 'term' | 'kill'): Promise<Result<void, string>> {
    if (tasks.length === 0) return ok(undefined)
    const gently = how === 'term' ? ['--signal=TERM', '--full'] : []
    const cancelled = await runCommand('scancel', ['--quiet', ...gently, ...tasks.map(({ id }) => id)])
    return cancelled.ok ? ok(undefined) : cancelled
  }

  log({ id }: BatchTask, dir: string): string {
    return join(dir, `slurm-${id}.log`)
  }
}

/** A word that people find in squeue. */
function jobName(pool: string): string {
  return `reprise-${pool.replaceAll(/[^\w.-]+/g, '_')}`
}

function stateOf(text: string): TaskState {
  // `CANCELLED by 1000`, or a mark that it was cut off.
  const state = /^[A-Z_]+/.exec(text)?.[0] ?? text
  const because = over[state]
  if (because !== undefined) return { kind: 'over', state, because }
  return { kind: state === 'PENDING' || state === 'CONFIGURING' ? 'waiting' : 'running' }
}
