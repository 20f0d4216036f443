import { setMaxListeners } from 'node:events'
import { describeIndexRepair, jobLease, type Lease, type Result, runLease } from '../../../store/index.ts'
import { type AnyPipeline, chooseAnother, type Failure, jobUnusable } from '../../core/index.ts'
import { takeEditsInto } from '../edits/taken-edits.ts'
import { openTracing } from '../events/tracing.ts'
import { treeEntries } from '../execute/inputs.ts'
import { LocalExecutor } from '../execute/local-executor.ts'
import { Workspaces } from '../execute/workspace.ts'
import { rememberRecorded } from '../hit/nearest-action.ts'
import { clearSteps } from '../job/clear-steps.ts'
import { createJobDirectory, isInterrupted, sweepJob, workDirectory } from '../job/job-directory.ts'
import { type JobRecord, readJobRecord } from '../job/job-file.ts'
import { runNote } from '../job/job-holder.ts'
import { heldWithOtherStore } from '../job/job-store.ts'
import { Secrets } from '../key/secrets.ts'
import { Services } from '../key/services.ts'
import { StageFactFinder } from '../key/stage-facts.ts'
import { Takes } from '../key/takes.ts'
import { ToolProbe } from '../key/tool-probe.ts'
import { endLeftPrograms } from '../process/left-programs.ts'
import { ProcessSupervisor } from '../process/process.ts'
import { CriticalPath } from '../schedule/critical-path.ts'
import { FailFast } from '../schedule/fail-fast.ts'
import { Gpus } from '../schedule/gpus.ts'
import { Pools } from '../schedule/pools.ts'
import { Scheduler } from '../schedule/scheduler.ts'
import { DoneStepsOfJob } from '../site/done-steps.ts'
import { KeptInputs } from '../site/kept-inputs.ts'
import { prepareStages, prepareStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import { StepDirectories } from '../site/step-directories.ts'
import { StepRequests } from '../site/step-requests.ts'
import { UsedActions } from '../site/used-actions.ts'
import { deviceMixWarning } from '../step/device-mix.ts'
import { runStep } from '../step/step-runner.ts'
import { tracedExecutor } from '../step/traced-executor.ts'
import { defaultKillGraceMs } from '../system/cancellation.ts'
import { Deadline } from '../system/deadline.ts'
import { randomName } from '../system/random-name.ts'
import { systemTiming } from '../system/timing.ts'
import { removeGone } from './gone-steps.ts'
import { keepStore } from './keep-store.ts'
import { type Preflight, preflightUnlessCancelled } from './preflight.ts'
import type { RunRequest, RunResult } from './request.ts'
import { RunEvents } from './run-events.ts'
import { RunRecord } from './run-record.ts'
import { beginRemote, settleRemote } from './run-remote.ts'
import { nothingRan, recordedActions, runEndEvent, runResult } from './run-result.ts'
import { inRunSpan, inStepSpan } from './run-spans.ts'

/**
 * Runs a pipeline in a job directory: what the store has is materialized, the rest is executed, and every step's
 * outcome is returned. Expected failures are in the result; only bugs reject.
 */
export function runPipeline<P extends AnyPipeline>(request: RunRequest<P>): Promise<RunResult<P>>
export async function runPipeline(request: RunRequest): Promise<RunResult> {
  const started = performance.now()
  const probe = new ToolProbe(request.store, request)
  const settled = await preflightUnlessCancelled(request, probe)
  if (!settled.ok) return nothingRan(settled.error, request.signal)
  const created = createJobDirectory(request.jobDir, request.store)
  if (!created.ok) return nothingRan(created.error, request.signal)
  const run = new Run(request, settled.value, created.value, probe, started)
  try {
    const opened = await run.open()
    if (opened.ok) return await inRunSpan(run.context, () => run.toTheEnd(opened.value))
    return nothingRan(opened.error, request.signal)
  } finally {
    run.close()
  }
}

/** One run of a pipeline in a job directory. */
class Run {
  readonly #request: RunRequest
  #settled: Preflight
  readonly #jobDir: string
  readonly #started: number
  readonly #startedAt = new Date().toISOString()
  readonly #leases: Lease[] = []
  #jobLease: Lease | undefined
  readonly #services: Services
  readonly #supervisor: ProcessSupervisor
  readonly context: RunContext
  readonly #events: RunEvents
  readonly #deadline: Deadline | undefined

  constructor(request: RunRequest, settled: Preflight, jobDir: string, probe: ToolProbe, started: number) {
    this.#request = request
    this.#settled = settled
    this.#jobDir = jobDir
    this.#started = started
    const run = `${this.#startedAt.replace(/[-:.]/g, '')}-${randomName(8)}`
    const { device, gpus } = settled
    const { timing = systemTiming, timeoutMs, store, killSignal, killGraceMs = defaultKillGraceMs } = request
    const asked = request.signal ?? new AbortController().signal
    this.#deadline = timeoutMs === undefined ? undefined : new Deadline(asked, timeoutMs, timing)
    const signal = this.#deadline?.signal ?? asked
    // As many steps listen as run at once; Node would warn of a leak beyond ten listeners.
    setMaxListeners(0, signal, ...(request.killSignal === undefined ? [] : [request.killSignal]))
    const holdsJob = () => this.#jobLease?.isHeld() ?? true
    this.#events = new RunEvents(run, jobDir, { ...request, holdsJob })
    const secrets = new Secrets()
    const cancellation = { ...request, signal, killGraceMs }
    const services = new Services(request.services ?? [], secrets, cancellation)
    this.#services = services
    this.#supervisor = new ProcessSupervisor(run, { ...request, jobDir })
    const tracing = openTracing(secrets, (message) => this.#events.emit({ event: 'pipeline_warning', message }))
    const onWarning = (message: string) => this.#events.emit({ event: 'pipeline_warning', message })
    const workspaces = new Workspaces(`${jobDir}/${workDirectory}`, jobDir, onWarning)
    const requests = new StepRequests()
    const local = new LocalExecutor({
      places: requests,
      jobDir,
      workspaces,
      store,
      supervisor: this.#supervisor,
      services,
      secrets,
      timing,
      warn: (message) => this.#events.warn(message),
      ...(killSignal && { killSignal }),
    })
    const executor = request.executor?.({ ...settled.graph, run, device, store, places: requests, local }) ?? local
    this.context = {
      run,
      jobDir,
      graph: settled.graph,
      store,
      device,
      poolDevices: request.poolDevices ?? {},
      selected: settled.selected,
      pools: new Pools({ ...request, gpuCount: gpus.length, sizes: request.pools }),
      gpus: new Gpus(gpus),
      criticalPath: new CriticalPath(settled.graph, request.store.ledger.durations, device),
      facts: new StageFactFinder(probe, settled.sources, services, cancellation),
      takes: new Takes(request.selection),
      requests,
      executor: tracedExecutor(executor, tracing),
      results: local,
      workspaces,
      directories: new StepDirectories({ jobDir, holdsJob, onWarning }),
      keptInputs: new KeptInputs(jobDir, secrets),
      holdsJob,
      secrets,
      emit: (body) => this.#events.emit(secrets.hideIn(body)),
      signal,
      failFast: new FailFast(request.keepGoing ?? false, settled.graph),
      failOnMiss: request.failOnMiss ?? false,
      killGraceMs,
      link: request.link ?? 'auto',
      timing,
      tracing,
      used: new UsedActions(store.ledger.jobs, jobDir, settled.graph.pipeline),
      done: new DoneStepsOfJob(store.ledger, jobDir),
      taken: new Map(),
    }
  }

  /** Takes the job for this run, waits for another run that has it, and returns the job's record so far. */
  async open(): Promise<Result<JobRecord | undefined, Failure | 'cancelled'>> {
    const { store, run, signal } = this.context
    const elsewhere = await heldWithOtherStore(store, this.#jobDir)
    if (elsewhere !== undefined) return { ok: false, error: elsewhere }
    if (!store.readOnly) {
      const taken = store.leases.tryAcquire(runLease(run), this.#jobDir)
      if ('lease' in taken) this.#leases.push(taken.lease)
      try {
        const job = await store.leases.acquire(jobLease(this.#jobDir), runNote(run), {
          signal,
          onWait: (holder) => {
            this.#warn(`another run (pid ${holder.pid}) is using this job; waiting for it`)
          },
        })
        this.#leases.push(job)
        this.#jobLease = job
      } catch (error) {
        if (!signal.aborted) throw error
        return { ok: false, error: this.#timedOut ?? 'cancelled' }
      }
    }
    const reading = readJobRecord(this.#jobDir)
    const { graph } = this.#settled
    if (reading.kind === 'newer') {
      return { ok: false, error: { kind: 'job-unusable', dir: this.#jobDir, reason: reading.reason } }
    }
    if (reading.kind === 'read' && reading.record.pipeline !== graph.pipeline) {
      const reason = `it belongs to the pipeline '${reading.record.pipeline}', not '${graph.pipeline}'; ${chooseAnother}`
      return { ok: false, error: { kind: 'job-unusable', dir: this.#jobDir, reason } }
    }
    const problems = [
      ...this.context.takes.open(reading.kind === 'read' ? reading.record.takes : {}),
      ...this.context.secrets.problemsOf(graph.params, 'params', 'job.json'),
    ]
    if (problems.length > 0) return { ok: false, error: { kind: 'invalid', problems } }
    if (!store.readOnly && isInterrupted(this.#jobDir)) await endLeftPrograms(this.#jobDir)
    try {
      const warnings = [...sweepJob(this.#jobDir, reading.kind === 'absent')]
      this.#events.openLog()
      this.#settled = await takeEditsInto(this.context, this.#settled)
      const { clearFrom } = this.#request.selection ?? {}
      if (clearFrom !== undefined) warnings.push(...(await clearSteps(this.context, graph, clearFrom)))
      for (const message of warnings) this.#warn(message)
    } catch (error) {
      return { ok: false, error: jobUnusable(this.#jobDir, error) }
    }
    if (!store.readOnly) {
      // The store knows the job from the start of its first run, even if that run is killed.
      store.ledger.jobs.remember(this.#jobDir, graph.pipeline, new Map())
      store.flush()
    }
    if (store.repaired !== undefined) {
      this.#warn(describeIndexRepair(store.dir, store.repaired))
    }
    if (reading.kind === 'broken') {
      this.#warn(`${reading.reason}; this run rewrites it and keeps finished steps`)
    }
    return { ok: true, value: reading.kind === 'read' ? reading.record : undefined }
  }

  /** Runs the steps, and records how the run ended. */
  async toTheEnd(before: JobRecord | undefined): Promise<RunResult> {
    const { graph, store, workspaces, used, done } = this.context
    const records = new RunRecord(this.context, this.#settled, this.#request.config, this.#startedAt)
    const record = records.begin(before)
    beginRemote(this.context)
    for (const message of this.#settled.warnings) this.#warn(message)
    const lint = this.#request.lint === true ? new (await import('./lint.ts')).Lint(this.context) : undefined
    const scheduler = new Scheduler(this.context, this.#settled.inputs, {
      needed: this.#settled.needed,
      prepare: (step, inputs) => prepareStep(this.context, step, inputs),
      entriesOf: (tree) => treeEntries(this.context.store, tree),
      perform: (prepared) => {
        const perform = () => inStepSpan(this.context, prepared, () => runStep(this.context, prepared))
        return lint === undefined ? perform() : lint.watch(prepared, perform)
      },
    })
    const { concurrency } = this.#request
    this.#events.reportProgress({
      ...this.context,
      needed: this.#settled.needed,
      inputs: record.inputs,
      outcomes: scheduler.outcomes,
      ...(concurrency === undefined ? {} : { concurrency }),
    })
    try {
      await prepareStages(
        this.context,
        graph.steps.filter(({ id }) => this.#settled.needed.has(id)),
      )
      await scheduler.run()
    } finally {
      await this.#supervisor.end()
      workspaces.close()
      const problems = await this.#services.close()
      for (const message of problems) this.#warn(message)
    }
    const mix = deviceMixWarning(this.context, before?.device)
    if (mix !== undefined) this.#warn(mix)
    if (!store.readOnly && this.context.holdsJob()) {
      store.ledger.jobs.remember(this.#jobDir, graph.pipeline, used)
      rememberRecorded(store, recordedActions(this.context, scheduler))
      done.remember()
    }
    await keepStore(
      this.context,
      this.#request.storeLimits ?? {},
      scheduler.outcomes,
      performance.now() - this.#started,
    )
    const durationMs = Math.round(performance.now() - this.#started)
    const timedOut = this.#timedOut && { timedOut: this.#timedOut }
    const result = await runResult(this.context, scheduler, { durationMs, ...timedOut })
    await settleRemote(this.context)
    if (result.status === 'completed') await removeGone(this.context, this.#settled.needed, result.outcomes)
    this.context.emit(runEndEvent(this.context, result))
    records.end(record, result)
    if (!store.readOnly && !store.flush().ok) {
      this.#warn('the digests of the files of this run could not be saved; the next run reads the files again')
    }
    return lint === undefined ? result : { ...result, lint: lint.findings }
  }

  #warn(message: string): void {
    this.context.emit({ event: 'pipeline_warning', message })
  }

  /** Releases the job. */
  close(): void {
    this.#deadline?.release()
    this.#events.close()
    for (const lease of this.#leases.splice(0)) lease.release()
  }

  /** The failure of a run that timed out. */
  get #timedOut(): Failure | undefined {
    const { timeoutMs } = this.#request
    return timeoutMs !== undefined && this.#deadline?.isOver === true ? { kind: 'timed-out', timeoutMs } : undefined
  }
}
