import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nearestConfig } from '../../../config/config-loader.ts'
import { buildGraph } from '../../../core/index.ts'
import { createLog } from '../../../report/terminal/log.ts'
import type { CliContext } from '../../command-line/cli-context.ts'
import { command } from '../../command-line/command.ts'
import { displayPath } from '../../command-line/display-path.ts'
import { writeError } from '../../command-line/error-line.ts'
import type { Flags, FlagValues } from '../../command-line/flag.ts'
import { interruptOn } from '../../command-line/interrupt.ts'
import {
  chosenLogLevel,
  executionFlags,
  executionGroups,
  jobFlags,
  jobGroup,
  jobPositionals,
} from '../../command-line/run-flags.ts'
import { storeDirOfRun } from '../../command-line/store-location.ts'
import { chooseJob, type JobChoice, loadPipelinesFor } from '../job-choice.ts'
import { runJob } from '../run-job.ts'
import { type WatchedRun, watchRuns } from './watch-loop.ts'

const { 'dry-run': _dryRun, 'fail-on-miss': _failOnMiss, ...shownFlags } = executionFlags

const watchFlags = {
  ...jobFlags,
  to: { kind: 'text', value: 'STEP', description: 'The last step to run; by default the last of the pipeline.' },
  ...shownFlags,
} as const satisfies Flags

/** How long to wait after the last change: an editor or a copy changes a file several times. */
const quietMs = 300

/** `reprise watch`: runs a pipeline whenever an input or its source changes. */
export const watchCommand = command({
  name: 'watch',
  description: 'Runs a pipeline, and runs it again whenever an input or its source code changes.',
  positionals: jobPositionals,
  flags: watchFlags,
  flagGroups: { 'WHICH JOB': [...jobGroup, 'to', 'offline'], ...executionGroups },
  notes: `It watches the inputs, the config, your own files that the config imports (not packages), and the modules that stages
run in threads. A change during a run cancels that run; its finished steps are kept. After a failure, the next change
starts a run. Ctrl-C stops watching, and the run in progress.`,
  examples: [
    {
      line: 'reprise watch subtitles talk.mp4 -p to=es',
      does: 'makes the subtitles again whenever the film changes',
    },
    { line: 'reprise watch levels call.wav --to measure', does: 'tries a stage of your own while you write it' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stderr } = context
    const log = createLog(chosenLogLevel(flags), (text) => stderr.write(text))
    const showPath = (path: string) => displayPath(path, cwd)
    const { FileChanges } = await import('./file-changes.ts')
    const own = new Set<string>()
    const seen = new Set<string>()
    const changes = new FileChanges({ ignored: () => [...own], quietMs })
    const interrupt = interruptOn(process, () => {})
    const sources = new SourceFiles()
    try {
      return await watchRuns({
        load: () => load({ flags, positionals, sources, seen, own }, context),
        changes,
        signal: interrupt.signal,
        report: (line) => log('info', `watch: ${line}`),
        reportError: (message) => writeError(context, 'watch', message),
        showPath,
      })
    } finally {
      interrupt.dispose()
      await changes.close()
    }
  },
})

interface Watching {
  readonly flags: FlagValues<typeof watchFlags>
  readonly positionals: readonly string[]
  readonly sources: SourceFiles
  /** The sources that existed at any time: a deleted one may come back. */
  readonly seen: Set<string>
  /** Where the runs write. */
  readonly own: Set<string>
}

/** Loads the pipeline again, and chooses the job. */
async function load(watching: Watching, context: CliContext): Promise<WatchedRun> {
  const { flags, positionals, sources, seen, own } = watching
  const { cwd } = context
  const [pipelineName, ...paths] = positionals
  sources.forget()
  const [pipelines, { readJob }] = await Promise.all([
    loadPipelinesFor({ config: flags.config, job: flags.job, wanted: pipelineName, isLoadedAgain: true }, context),
    import('../../../engine/index.ts'),
  ])
  sources.learn()
  const config = flags.config === undefined ? nearestConfig(cwd) : resolve(cwd, flags.config)
  const configs = [config, pipelines.ok ? pipelines.value.configPath : undefined].flatMap((path) => path ?? [])
  for (const path of [...configs, ...sources.paths]) if (existsSync(path)) seen.add(path)
  const sourcePaths = [...seen]
  if (!pipelines.ok) return { ok: false, paths: sourcePaths, error: pipelines.error }
  const words = {
    pipelineName,
    paths,
    namedPaths: flags.input,
    params: flags.param,
    jobDir: flags.job,
    cwd,
    command: 'watch',
  }
  const job = await chooseJob(words, pipelines.value, readJob)
  if (!job.ok) return { ok: false, paths: sourcePaths, error: job.error }
  own.add(job.value.jobDir)
  const storePath = await storeDirOfRun(job.value.jobDir, flags.store, context)
  if (storePath !== undefined) own.add(storePath)
  const selection = flags.to === undefined ? {} : { to: flags.to }
  const order = { job: job.value, selection, flags: { ...flags, 'dry-run': false, 'fail-on-miss': false } }
  return {
    ok: true,
    paths: [...Object.values(job.value.inputs).flat(), ...sourcePaths, ...threadModules(job.value)],
    run: (stale) => runJob(order, context, stale),
  }
}

/** Returns the modules that stages load in threads, and so later than the config. */
function threadModules({ pipeline, params }: JobChoice): readonly string[] {
  const graph = buildGraph(pipeline, params)
  const modules = graph.ok ? graph.value.steps.flatMap(({ stage }) => Object.values(stage.threads ?? {})) : []
  return [...new Set(modules.map((module) => fileURLToPath(module)))]
}

/** The user's own files that a config loaded. They must leave the module cache, or the next load would not see their changes. */
class SourceFiles {
  readonly #cache = createRequire(import.meta.url).cache
  readonly #ownDir = `${dirname(fileURLToPath(import.meta.url))}${sep}`
  #paths: readonly string[] = []

  get paths(): readonly string[] {
    return this.#paths
  }

  forget(): void {
    for (const path of this.#paths) delete this.#cache[path]
  }

  /** Adds the files that were loaded; files that could not be loaded this time stay. */
  learn(): void {
    const isOfTheUser = (path: string) =>
      !path.startsWith(this.#ownDir) && !path.includes(`${sep}node_modules${sep}`) && !path.endsWith('.node')
    this.#paths = [...new Set([...this.#paths, ...Object.keys(this.#cache).filter(isOfTheUser)])]
  }
}
