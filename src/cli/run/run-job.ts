import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { DirectoryStore, LocalStore, Result } from '../../../store/index.ts'
import { servicesOf } from '../../config/services.ts'
import {
  buildGraph,
  devices,
  type Event,
  exitCodeOf,
  exitCodes,
  failureMessage,
  nameInId,
  stepDirectory,
} from '../../core/index.ts'
import type { RunOutput, RunRequest, RunResult, Selection } from '../../engine/index.ts'
import { jsonLines } from '../../report/json-lines.ts'
import { closingLines, lintLine } from '../../report/terminal/closing.ts'
import type { Log } from '../../report/terminal/log.ts'
import { terminalCodes } from '../../report/terminal/terminal-codes.ts'
import { printable, printableLines } from '../../report/text/printable.ts'
import { resumeHint } from '../../report/text/resume-hint.ts'
import { styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { displayPath } from '../command-line/display-path.ts'
import { failureText, reportFailure, usageError, writeError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { chosenLogLevel, type ExecutionFlags } from '../command-line/run-flags.ts'
import { storeLimits } from '../command-line/store-limits.ts'
import { storeDirOfRun } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'
import { type ChosenRemote, chosenRemote } from '../remote/chosen-remote.ts'
import type { RequiredRemote } from '../remote/required-remote.ts'
import type { withRemote } from '../remote/with-remote.ts'
import type { RunWorkers } from '../workers/run-workers.ts'
import { forecastJson, forecastLines } from './forecast.ts'
import type { JobChoice } from './job-choice.ts'
import { type PoolSlots, readPoolFlag } from './pool-flag.ts'
import { openReporting } from './reporting.ts'

/** A run, as the command line asks for it. */
export interface RunOrder {
  readonly job: JobChoice
  readonly selection: Selection
  readonly flags: ExecutionFlags
}

/** Runs a job, or predicts its run, and returns the exit code. `stale` cancels the run when its inputs are out of date. */
export async function runJob(order: RunOrder, context: CliContext, stale?: AbortSignal): Promise<number> {
  const limits = storeLimits(context)
  if (!limits.ok) return usageError(context, 'run', limits.error)
  const pools = readPoolFlag(order)
  if (!pools.ok) return usageError(context, 'run', pools.error)
  const isForecast = order.flags['dry-run']
  const storePath = await storeDirOfRun(order.job.jobDir, order.flags.store, context)
  const remote = chosenRemote(order.flags, order.job.offers?.remote, order.job.config, context)
  const workers = await workersOf(order, pools.value, remote, context)
  if (!workers.ok) return usageError(context, 'run', workers.error)
  try {
    return await withStoreAt(storePath, { reportsRepair: isForecast }, context, async (local) => {
      const required = await requiredRemote(order.flags, remote)
      if (required === 'lacking')
        return usageError(
          context,
          'run',
          '--remote-required needs a remote: add --remote URL, or write it into the config',
        )
      const store = await behind(local, remote, { looksOnly: isForecast, required }, context)
      if (!store.ok && required !== undefined) {
        writeError(context, 'run', store.error)
        return exitCodes.storeUnusable
      }
      if (!store.ok) return usageError(context, 'run', store.error)
      const services = await servicesOf(order.job.offers?.services ?? [], {
        env: context.env,
        offline: order.flags.offline,
      })
      const request = { ...requestOf(order, pools.value, store.value), services, ...workers.value?.request }
      if (isForecast) return forecastRun(order, request, context)
      const code = await executeRun(order, { ...request, storeLimits: limits.value }, context, stale)
      if (required?.problem === undefined) return code
      writeError(context, 'run', `the remote is required: ${required.problem}`)
      return code === exitCodes.ok ? exitCodes.storeUnusable : code
    })
  } finally {
    await workers.value?.close()
  }
}

/** Finds the workers that the config or the command line asks for. Nothing of that is loaded where neither does. */
async function workersOf(
  { job, flags }: RunOrder,
  pools: PoolSlots,
  remote: ChosenRemote | undefined,
  context: CliContext,
): Promise<Result<RunWorkers | undefined, string>> {
  if (flags['no-workers']) return { ok: true, value: undefined }
  const declared = job.offers?.workers ?? {}
  if (flags.workers.length === 0 && Object.keys(declared).length === 0) return { ok: true, value: undefined }
  const [{ openWorkers, readWorkersFlag }, { poolsOfConfig }] = await Promise.all([
    import('../workers/run-workers.ts'),
    import('../workers/placed-pools.ts'),
  ])
  const { cwd } = context
  const workers = readWorkersFlag(poolsOfConfig(declared, job.config, cwd), flags.workers, pools, cwd)
  return workers.ok ? openWorkers({ workers: workers.value, remote, pools, config: job.config }, context) : workers
}

/** Returns what watches a remote without which the run is of no use. */
async function requiredRemote(
  flags: ExecutionFlags,
  remote: ChosenRemote | undefined,
): Promise<RequiredRemote | 'lacking' | undefined> {
  if (!flags['remote-required']) return undefined
  if (remote === undefined) return 'lacking'
  const { RequiredRemote } = await import('../remote/required-remote.ts')
  return new RequiredRemote()
}

/** Returns the store with the remote behind it; a run without one loads nothing of that. */
async function behind(
  local: DirectoryStore,
  remote: ChosenRemote | undefined,
  how: Parameters<typeof withRemote>[2],
  context: CliContext,
): Promise<Result<DirectoryStore, string>> {
  if (remote === undefined) return { ok: true, value: local }
  const { withRemote } = await import('../remote/with-remote.ts')
  return withRemote(local, remote, how, context)
}

function requestOf({ job, selection, flags }: RunOrder, pools: PoolSlots, store: LocalStore): RunRequest {
  return {
    pipeline: job.pipeline,
    inputs: job.inputs,
    params: job.params,
    jobDir: job.jobDir,
    ...(job.config === undefined ? {} : { config: job.config }),
    store,
    selection,
    device: flags.device ?? devices.find((device) => device === job.device) ?? 'auto',
    pools,
    ...(flags.jobs === undefined ? {} : { concurrency: flags.jobs }),
    keepGoing: flags['keep-going'],
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
    failOnMiss: flags['fail-on-miss'],
    lint: flags.lint,
    ...(flags.link === undefined ? {} : { link: flags.link }),
  }
}

async function forecastRun(order: RunOrder, request: RunRequest, context: CliContext): Promise<number> {
  const { stdout, env } = context
  const { predictRun } = await import('../../engine/index.ts')
  const predicted = await predictRun(request)
  if (!predicted.ok) return reportFailure(context, 'run', predicted.error)
  const { plan } = predicted.value
  const lines = order.flags.json
    ? forecastJson(predicted.value)
    : forecastLines(predicted.value, styleFor(stdout.isTerminal, env))
  stdout.write(`${lines.join('\n')}\n`)
  const blocked = plan.find((forecast) => forecast.kind === 'blocked')
  return blocked === undefined ? exitCodes.ok : exitCodeOf(blocked.failure)
}

async function executeRun(
  order: RunOrder,
  request: RunRequest,
  context: CliContext,
  stale: AbortSignal | undefined,
): Promise<number> {
  const [{ runPipeline }, { backgroundOf }] = await Promise.all([
    import('../../engine/index.ts'),
    import('./background.ts'),
  ])
  const { job, flags } = order
  const level = chosenLogLevel(flags)
  const isLive = !flags.json && level !== 'silent'
  const { log, reporter } = openReporting({ level, isLive, logPath: (step) => stageLog(job, step) }, context)
  const background = backgroundOf(context)
  const endTraces = wantsTraces(context.env)
    ? await (await import('./traces.ts')).openTraces(context.cwd, (message) => log('warn', `warning: ${message}`))
    : undefined
  const interrupt = interruptOn(background?.signals ?? process, () =>
    log('warn', 'stopping; finished steps are kept. Press Ctrl-C again to kill immediately.'),
  )
  try {
    const toJson = flags.json ? jsonLines(context.stdout.write) : undefined
    const onEvent = (event: Event) => {
      background?.onEvent(event)
      void toJson?.(event)
      void reporter.listener(event)
    }
    const result = await runPipeline({
      ...request,
      signal: stale === undefined ? interrupt.signal : AbortSignal.any([interrupt.signal, stale]),
      killSignal: interrupt.kill,
      crashNotice: crashNotice(displayPath(job.jobDir, context.cwd)),
      onEvent,
    })
    reporter.close()
    const { dir, repaired } = request.store
    // A run that could not start has no events.
    if (result.outcomes.size === 0 && repaired !== undefined) {
      const { describeIndexRepair } = await import('../../../store/index.ts')
      writeError(context, '', describeIndexRepair(dir, repaired))
    }
    reportEnd(order, result, log, context)
    return exitCodeOfRun(result)
  } finally {
    reporter.close()
    interrupt.dispose()
    await endTraces?.()
  }
}

/**
 * Returns whether the environment asks for traces, as OpenTelemetry defines its variables.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
 */
function wantsTraces(env: CliContext['env']): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return false
  return [env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some((url) => (url ?? '') !== '')
}

/** Whoever started a shorter run still looks at it. */
const noticeAfterMs = 60_000

function crashNotice(jobDir: string): string {
  return `reprise run: the run was killed or crashed; finished steps are kept; ${resumeHint(jobDir)}`
}

/** Returns the path of a step's log, if it has one. */
function stageLog({ pipeline, params, jobDir }: JobChoice, id: string): string | undefined {
  const graph = buildGraph(pipeline, params)
  if (!graph.ok) return undefined
  const path = join(jobDir, stepDirectory(graph.value, { id, name: nameInId(id) }), 'stage.log')
  return existsSync(path) ? path : undefined
}

function reportEnd({ job, flags }: RunOrder, result: RunResult, log: Log, { cwd, env, stderr }: CliContext): void {
  const style = styleFor(stderr.isTerminal, env)
  // The failure of a step was reported when it happened; one of the run itself was not.
  if (result.failure !== undefined && result.failedSteps.length === 0) {
    for (const line of printableLines(failureText(result.failure))) log('error', `${style('red', 'reprise:')} ${line}`)
    if (result.outcomes.size === 0) return
  }
  const outputs = Object.entries(result.outputs).flatMap(([name, output]) =>
    outputList(output)
      .flatMap(({ path }) => (path === '' ? [] : [path]))
      .map((path) => ({ name, path: displayPath(resolve(job.jobDir, path), cwd) })),
  )
  const failures = [...result.outcomes].flatMap(([step, outcome]) =>
    outcome.kind === 'failed' ? [{ step, message: failureMessage(outcome.failure) }] : [],
  )
  const { summary, status, corrections } = result
  const listing = corrections?.listing
  const merged = corrections && {
    corrections: { ...corrections, ...(listing && { listing: displayPath(resolve(job.jobDir, listing), cwd) }) },
  }
  const codes = terminalCodes(stderr.isTerminal, env)
  const link = codes?.link && ((shown: string) => codes.link?.(shown, resolve(cwd, shown)) ?? shown)
  const jobDir = displayPath(job.jobDir, cwd)
  const closing = { ...summary, ...merged, status, failures, jobDir, outputs, ...(link && { link }) }
  for (const line of closingLines(closing, style)) log('info', line)
  if (flags.notify && summary.durationMs >= noticeAfterMs)
    stderr.write(codes?.notice(`reprise: ${printable(basename(job.jobDir))} ${status}`) ?? '')
  if (result.lint !== undefined) log(result.lint.length === 0 ? 'info' : 'warn', lintLine(result.lint, result.summary))
}

function outputList(output: RunOutput | readonly RunOutput[]): readonly RunOutput[] {
  return 'kind' in output ? [output] : output
}

function exitCodeOfRun(result: RunResult): number {
  switch (result.status) {
    case 'completed':
      return (result.lint ?? []).length > 0 ? exitCodes.stepFailed : exitCodes.ok
    case 'cancelled':
      return exitCodes.interrupted
    case 'failed':
      // A step that failed because of its directory, as on a full disk, is not a mistake in the command line.
      return result.failure === undefined || (result.failure.kind === 'job-unusable' && result.failedSteps.length > 0)
        ? exitCodes.stepFailed
        : exitCodeOf(result.failure)
    default:
      return result.status satisfies never
  }
}
