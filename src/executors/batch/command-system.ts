import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '../../../store/index.ts'
import type { BatchJobs } from '../../core/index.ts'
import { runCommand } from './batch-command.ts'
import type { BatchSystem, BatchTask, NotSubmitted, Submission, TaskState } from './batch-system.ts'
import { filled, templateProblem } from './command-template.ts'

/** What the commands may ask for. */
const placeholders = {
  submit: ['script', 'name', 'log', 'pool'],
  status: ['ids'],
  cancel: ['ids'],
} as const satisfies Readonly<Record<keyof Pick<BatchJobs, 'submit' | 'status' | 'cancel'>, readonly string[]>>

/** Returns what is wrong with the commands of a batch system. */
export function commandsProblem(jobs: Pick<BatchJobs, 'submit' | 'status' | 'cancel'>): string | undefined {
  for (const name of ['submit', 'status', 'cancel'] as const) {
    const problem = templateProblem(jobs[name], placeholders[name])
    if (problem !== undefined) return `its command '${name}': ${problem}`
  }
  const needed = { submit: '{script}', status: '', cancel: '{ids}' }
  for (const name of ['submit', 'cancel'] as const) {
    if (!jobs[name].includes(needed[name])) return `its command '${name}' has to name ${needed[name]}`
  }
  return undefined
}

/** Starts workers by the commands of any batch system: PBS, SGE, LSF, a script of one's own. */
export class CommandSystem implements BatchSystem {
  readonly name = 'the batch system'
  readonly timeoutMs?: number
  readonly #jobs: BatchJobs

  constructor(jobs: BatchJobs, timeoutMs?: number) {
    this.#jobs = jobs
    if (timeoutMs !== undefined) this.timeoutMs = timeoutMs
  }

  async submit(submission: Submission): Promise<Result<readonly BatchTask[], NotSubmitted>> {
    const { pool, count, launch, dir, script, signal, onTask } = submission
    const tasks: BatchTask[] = []
    for (let index = 0; index < count && !signal.aborted; index++) {
      const name = `${launch}_${index}`
      const file = join(dir, `${name}.sh`)
      writeFileSync(file, script(name))
      chmodSync(file, 0o700)
      const values = { script: file, name: `reprise-${name}`, log: join(dir, `${name}.log`), pool }
      const submitted = await this.#run(this.#jobs.submit, values)
      // The id: the first word with a number in front, as in `123`, `123.server`, `Job <123> is submitted`.
      const id = submitted.ok ? /(?<![\w.-])\d(?:[\w.-]*\w)?/.exec(submitted.value)?.[0] : undefined
      if (id !== undefined) {
        tasks.push({ name, id })
        onTask({ name, id })
      } else if (tasks.length > 0) return ok(tasks)
      else {
        const why = submitted.ok ? `it printed no number of a job: ${submitted.value.slice(0, 200)}` : submitted.error
        return err({ isPassing: false, message: `submit: ${why}` })
      }
    }
    return ok(tasks)
  }

  async states(tasks: readonly BatchTask[]): Promise<Result<ReadonlyMap<string, TaskState>, string>> {
    if (tasks.length === 0) return ok(new Map())
    const printed = await this.#run(this.#jobs.status, { ids: tasks.map(({ id }) => id) })
    if (!printed.ok) return err(`status: ${printed.error}`)
    const words = new Set(printed.value.split(/[^\w.-]+/).map(stemOf))
    const gone: TaskState = { kind: 'over', state: 'gone', because: 'lost' }
    return ok(new Map(tasks.map(({ name, id }) => [name, words.has(stemOf(id)) ? { kind: 'waiting' } : gone])))
  }

  async cancel(tasks: readonly BatchTask[]): Promise<Result<void, string>> {
    if (tasks.length === 0) return ok(undefined)
    const ended = await this.#run(this.#jobs.cancel, { ids: tasks.map(({ id }) => id) })
    return ended.ok ? ok(undefined) : err(`cancel: ${ended.error}`)
  }

  log({ name }: BatchTask, dir: string): string {
    return join(dir, `${name}.log`)
  }

  async #run(template: string, values: Readonly<Record<string, string | readonly string[]>>) {
    const line = filled(template, values)
    return line.ok ? runCommand('sh', ['-c', line.value]) : line
  }
}

/** Returns the number of a job: of `1234.server.domain`, `qstat` may print `1234`, `1234.server` or `1234.serv*`. */
function stemOf(id: string): string {
  return id.replace(/\..*$/, '')
}
