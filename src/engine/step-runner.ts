import { rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ActionResult } from '../../store/index.ts'
import type { Failure, Reason } from '../core/index.ts'
import { type Executed, type ExecutionEnd, execute } from './executor.ts'
import type { Available } from './inputs.ts'
import { jobUnusable } from './job-directory.ts'
import type { ManifestParts } from './manifest-file.ts'
import type { PreparedStep } from './prepared-step.ts'
import { recordResult } from './record.ts'
import type { RunContext } from './run-context.ts'
import type { StepEnd } from './scheduler.ts'
import { serveFromStore } from './serve.ts'
import { StepSite } from './step-site.ts'
import { createWorkspace, publish, removeWorkspace, type Workspace } from './workspace.ts'

const cancelled: StepEnd = { outcome: { kind: 'cancelled' }, outputs: {} }

/** Brings a step to its end: from the store where its result is there, else by executing it when it is selected. */
export async function runStep(context: RunContext, prepared: PreparedStep): Promise<StepEnd> {
  const site = new StepSite(context, prepared)
  const { step, key, action } = prepared
  const forced = context.selected.forces(step.name)
  const served = forced ? undefined : await serveFromStore(site)
  if (served?.kind === 'served') {
    context.used.set(step.id, { key, action })
    return served.end
  }
  if (!context.selected.has(step.name)) return site.failed({ kind: 'upstream-unavailable', step: step.id })
  const reasons: readonly Reason[] = served === undefined ? [{ kind: 'forced' }] : served.reasons
  const { step: failedStep } = context.failFast
  if (context.failOnMiss && failedStep !== undefined) return site.skipped(failedStep)
  context.emit({ event: 'stage_cache_miss', stage: step.id, key, reasons })
  if (context.failOnMiss) return site.failed({ kind: 'cache-miss', step: step.id, reasons })
  context.used.set(step.id, { key, action })
  return executeOnce(site, forced)
}

/** Executes the step, unless another run is executing the same action: its result is waited for. */
async function executeOnce(site: StepSite, forced: boolean): Promise<StepEnd> {
  const { store, pools, signal, emit } = site.context
  const { step, key } = site.prepared
  const pool = step.stage.resources?.pool ?? 'cpu'
  if (store.readOnly) return pools.run(pool, () => executeHere(site))
  const note = `${step.id} in ${site.context.jobDir}`
  const name = `action:${key}`
  const first = store.leases.tryAcquire(name, note)
  if ('lease' in first) {
    try {
      return await pools.run(pool, () => executeHere(site))
    } finally {
      first.lease.release()
    }
  }
  const { pid, note: where } = first.holder
  emit({
    event: 'stage_log',
    stage: step.id,
    level: 'info',
    line: `waiting for the same step in another run (pid ${pid}: ${where})`,
  })
  const lease = await store.leases.acquire(name, note, { signal }).catch((error: unknown) => {
    if (signal.aborted) return undefined
    throw error
  })
  if (lease === undefined) return cancelled
  try {
    const served = forced ? undefined : await serveFromStore(site)
    return served?.kind === 'served' ? served.end : await pools.run(pool, () => executeHere(site))
  } finally {
    lease.release()
  }
}

async function executeHere(site: StepSite): Promise<StepEnd> {
  const { signal, emit, jobDir, failFast } = site.context
  const { key, device, step, inputs } = site.prepared
  if (signal.aborted) return cancelled
  // It may have waited for its turn while another step failed.
  if (failFast.step !== undefined) return site.skipped(failFast.step)
  let workspace: Workspace
  try {
    workspace = createWorkspace(jobDir, step, inputs)
  } catch (error) {
    return site.failed(jobUnusable(jobDir, error))
  }
  try {
    emit({ event: 'stage_running', stage: step.id, key, device, attempt: 1 })
    const end = await executeIn(site, workspace)
    switch (end.kind) {
      case 'cancelled':
        emit({ event: 'stage_cancelled', stage: step.id })
        return cancelled
      case 'failed':
        publishFailure(site, workspace, end.failure, end.durationMs)
        return site.failed(end.failure)
      case 'executed':
        return await finish(site, workspace, end.executed)
      default:
        return end satisfies never
    }
  } finally {
    removeWorkspace(workspace)
  }
}

function executeIn(site: StepSite, workspace: Workspace): Promise<ExecutionEnd> {
  const { store, supervisor, signal, killSignal, killGraceMs, emit } = site.context
  const { step, inputs, tools, device, action } = site.prepared
  const stage = step.id
  return execute({
    step,
    inputs,
    tools,
    device,
    env: action.env ?? {},
    workspace,
    store,
    supervisor,
    signal,
    killGraceMs,
    ...(killSignal === undefined ? {} : { killSignal }),
    onProgress: (fraction, note) => {
      const bounded = Math.min(1, Math.max(0, fraction))
      emit({ event: 'stage_progress', stage, fraction: bounded, ...(note === undefined ? {} : { note }) })
    },
    onLog: (line) => emit({ event: 'stage_log', stage, level: 'info', line }),
  })
}

/** Records the result, then renames the outputs into place: a crash in between is a hit for the next run. */
async function finish(site: StepSite, workspace: Workspace, executed: Executed): Promise<StepEnd> {
  const { store, emit } = site.context
  const { key, device, tools, step } = site.prepared
  const peak = executed.peakRssBytes
  const result: ActionResult = {
    outputs: executed.outputs,
    durationMs: executed.durationMs,
    ...(peak === undefined ? {} : { peakRssBytes: peak }),
    device,
    tools: Object.fromEntries([...tools].map(([name, { identity }]) => [name, identity.version ?? 'unknown'])),
    producedAt: new Date().toISOString(),
  }
  const recorded = await recordResult(site, workspace, executed, result)
  try {
    publishStep(site, workspace, { result, cache: recorded ? 'miss' : 'off', attempts: 1 })
  } catch (error) {
    return site.failed(jobUnusable(site.dir, error))
  }
  const outputs: Record<string, Available> = {}
  for (const [name, artifact] of Object.entries(executed.outputs)) {
    outputs[name] = { artifact, path: site.pathOf(name) ?? site.dir }
  }
  for (const { path, digest } of executed.files) {
    store.fileDigests.remember(join(site.dir, relative(workspace.outDir, path)), digest)
  }
  const { durationMs } = result
  const peakPart = peak === undefined ? {} : { peak_rss_bytes: peak }
  emit({ event: 'stage_completed', stage: step.id, key, duration_ms: durationMs, ...peakPart, recorded })
  return { outcome: { kind: 'executed', key, result, recorded }, outputs }
}

function publishFailure(site: StepSite, workspace: Workspace, failure: Failure, durationMs: number): void {
  rmSync(workspace.outDir, { recursive: true, force: true })
  try {
    publishStep(site, workspace, { failure, durationMs, cache: 'off', attempts: 1 })
  } catch {
    // The failure itself is what the user must hear of; that its manifest could not be written adds nothing.
    return
  }
}

function publishStep(
  site: StepSite,
  workspace: Workspace,
  parts: Pick<ManifestParts, 'result' | 'failure' | 'durationMs' | 'cache' | 'attempts'>,
): void {
  const text = site.manifestText(parts)
  publish(workspace, site.dir, text)
  site.rememberManifest(text, parts.cache)
}
