import { lstatSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { artifactOfPath, createMemoryStore, stampText } from '../../../store/index.ts'
import type { EventOf } from '../../core/index.ts'
import { type Available, availableOf, jsonValueAt } from '../execute/inputs.ts'
import { runMarker, stayingMarker } from '../process/process.ts'
import { commandLineOf, descendantsOf, pidsWithMarker } from '../process/process-table.ts'
import { watchdogName } from '../process/watchdog.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import { StepSite } from '../site/step-site.ts'

/** Something that an executed step must not do. */
export type LintFinding = Pick<EventOf<'stage_lint'>, 'stage' | 'finding' | 'what'>

/** The runner's own files in the job directory, to which it writes while a step runs. */
const ownFiles: ReadonlySet<string> = new Set(['events.jsonl', 'job.json', 'run.log'])
/** A process that is just ending when its step ends was not left running. */
const endingMs = 1000
const lookEveryMs = 20

/**
 * Looks after every executed step at what it did besides its work. Steps go one after another, hits among them, so
 * that what is found can be laid to one of them.
 */
export class Lint {
  readonly #context: RunContext
  readonly #findings: LintFinding[] = []
  #last: Promise<unknown> = Promise.resolve()

  constructor(context: RunContext) {
    this.#context = context
  }

  get findings(): readonly LintFinding[] {
    return this.#findings
  }

  /** Runs a step after the one before it has been checked. */
  watch(prepared: PreparedStep, run: () => StepEnd | Promise<StepEnd>): Promise<StepEnd> {
    const watched = this.#last.then(() => this.#watch(prepared, run))
    this.#last = watched.catch(() => {})
    return watched
  }

  async #watch(prepared: PreparedStep, run: () => StepEnd | Promise<StepEnd>): Promise<StepEnd> {
    const stepDir = new StepSite(this.#context, prepared).dir
    const filesBefore = this.#files(stepDir)
    const processesBefore = new Set(this.#processes())
    const end = await run()
    const { kind } = end.outcome
    if (kind !== 'executed' && kind !== 'failed') return end
    const written = changedFiles(filesBefore, this.#files(stepDir))
    const { outcome } = end
    const isWritten = outcome.kind === 'failed' && outcome.failure.kind === 'input-changed' && outcome.failure.written
    const changed = await changedArtifacts(availableOf(prepared.inputs))
    this.#find(prepared, 'input-changed', isWritten ? [outcome.failure.path] : changed)
    this.#find(prepared, 'output-changed', await changedArtifacts(Object.values(end.outputs)))
    this.#find(prepared, 'wrote-outside', written)
    this.#find(prepared, 'process-left', await this.#processesLeft(processesBefore))
    return end
  }

  /** The copies of inputs that are kept for the next step are nothing that a step wrote. */
  #files(stepDir: string): ReadonlyMap<string, string> {
    this.#context.workspaces.close()
    return filesOf(this.#context.jobDir, stepDir)
  }

  #find({ step, inputs }: PreparedStep, finding: LintFinding['finding'], found: readonly string[]): void {
    // An input inside the job directory is reported as an input.
    const paths = availableOf(inputs).map(({ path }) => relative(this.#context.jobDir, path))
    const isInput = (what: string) =>
      paths.some((path) => path !== '' && (what === path || what.startsWith(`${path}/`)))
    const what = finding === 'wrote-outside' ? found.filter((path) => !isInput(path)) : found
    if (what.length === 0) return
    this.#findings.push({ stage: step.id, finding, what })
    this.#context.emit({ event: 'stage_lint', stage: step.id, finding, what })
  }

  /** All processes of this run, except the watchdog and the programs that are to stay. */
  #processes(): readonly number[] {
    const found = new Set([...pidsWithMarker(runMarker, this.#context.run), ...descendantsOf(process.pid)])
    for (const pid of pidsWithMarker(stayingMarker, this.#context.run)) found.delete(pid)
    return [...found].filter((pid) => !commandLineOf(pid).includes(watchdogName))
  }

  async #processesLeft(before: ReadonlySet<number>): Promise<readonly string[]> {
    const deadline = performance.now() + endingMs
    for (;;) {
      const left = this.#processes().filter((pid) => !before.has(pid))
      if (left.length === 0 || performance.now() >= deadline) {
        return left.map((pid) => `${commandLineOf(pid).join(' ')} (pid ${pid})`)
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
  }
}

/** Returns a mark for every file below a directory that changes whenever the file does; without `except`. */
function filesOf(jobDir: string, except: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const visit = (dir: string) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name)
      const name = relative(jobDir, path)
      if (path === except || ownFiles.has(name)) continue
      if (entry.isDirectory()) visit(path)
      else {
        const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
        if (stats !== undefined) files.set(name, stampText(stats))
      }
    }
  }
  visit(jobDir)
  return files
}

function changedFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort()
}

/** Returns the paths of artifacts whose bytes have changed. Reads the bytes; trusts nothing remembered. */
async function changedArtifacts(artifacts: readonly Available[]): Promise<readonly string[]> {
  const changed: string[] = []
  for (const available of artifacts) {
    if (!(await isAsBefore(available))) changed.push(available.path)
  }
  return changed
}

async function isAsBefore(available: Available): Promise<boolean> {
  const { artifact, path } = available
  if (artifact.kind === 'json') return jsonValueAt(available) !== undefined
  const now = await artifactOfPath(createMemoryStore(), artifact.kind, path)
  return now.ok && now.value.digest.hash === artifact.digest.hash
}
