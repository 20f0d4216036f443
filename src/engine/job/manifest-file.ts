import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ActionRecord,
  canonicalJson,
  digestBytes,
  digestText,
  type FetchedFrom,
  type Result,
} from '../../../store/index.ts'
import {
  type Action,
  type Device,
  type Failure,
  type Manifest,
  type ManifestInput,
  type ManifestOutput,
  manifestVersion,
  normalOutput,
  outputPath,
  type Step,
} from '../../core/index.ts'
import { isEditedDirectory } from '../edits/edited-directory.ts'
import type { ExecutionCost } from '../execute/executor.ts'
import { actionInputOf, artifactsOf, jsonOfInput, type ResolvedInputs } from '../execute/inputs.ts'
import { readText } from '../system/read-text.ts'
import { readJob } from './job-file.ts'

export interface ManifestParts {
  readonly step: Pick<Step, 'id' | 'stage'>
  readonly action: Action
  readonly key: string
  readonly inputs: ResolvedInputs
  readonly result?: Pick<
    ActionRecord['result'],
    'outputs' | 'durationMs' | 'peakRssBytes' | 'cpuTimeMs' | 'producedAt' | 'acceptedFrom'
  >
  readonly failure?: Failure
  /** What the last attempt cost, of a step that failed. */
  readonly cost?: ExecutionCost
  readonly cache: Manifest['cache']
  readonly attempts: number
  /** The run's device for the step; by default that on which the result was made. */
  readonly wantedDevice?: Device
  /** From where a hit was brought to this machine just now. */
  readonly fetched?: FetchedFrom | undefined
  readonly now: Date
}

/** Returns the manifest of a step that is done or has failed. */
export function buildManifest(parts: ManifestParts): Manifest {
  const { step, action, key, result, failure, now, wantedDevice = action.device } = parts
  const cost = result ?? parts.cost
  const inputs: Record<string, ManifestInput> = {}
  for (const [name, input] of Object.entries(parts.inputs)) {
    const value = jsonOfInput(input)
    inputs[name] = {
      paths: artifactsOf(input).map(({ path }) => path),
      digest: actionInputOf(input),
      ...(value === undefined ? {} : { value }),
    }
  }
  const exitCode = failure === undefined ? 0 : failure.kind === 'stage-exited' ? (failure.exitCode ?? 1) : 1
  const outputs = result === undefined ? {} : outputsOf(step, result.outputs)
  return {
    stage: action.stage.name,
    inputs: Object.values(inputs).flatMap(({ paths }) => paths.filter((path) => path !== '')),
    inputs_checksum: digestText(digestBytes(Buffer.from(canonicalJson(action.inputs)))),
    params: action.params,
    runner_version: String(action.runner),
    outputs: Object.values(outputs).map(({ path }) => path),
    timestamp: (result === undefined ? now.getTime() : Date.parse(result.producedAt)) / 1000,
    last_checked_ts: now.getTime() / 1000,
    schema_version: manifestVersion,
    stage_version: action.stage.version,
    step: step.id,
    input_artifacts: inputs,
    output_artifacts: outputs,
    ...(step.stage.deterministic === false ? { deterministic: false } : {}),
    device: action.device,
    ...(wantedDevice === action.device ? {} : { device_wanted: wantedDevice }),
    ...(action.take === undefined ? {} : { take: action.take }),
    tools: action.tools,
    action_key: key,
    ...(result?.acceptedFrom === undefined ? {} : { accepted_from: result.acceptedFrom }),
    ...(parts.fetched === undefined ? {} : { fetched_from: `${parts.fetched.remote} (${parts.fetched.scope})` }),
    exit_code: exitCode,
    duration_ms: cost?.durationMs ?? 0,
    peak_rss_bytes: cost?.peakRssBytes ?? null,
    cpu_time_ms: cost?.cpuTimeMs ?? null,
    cache: parts.cache,
    attempts: parts.attempts,
    ...(failure === undefined ? {} : { failure }),
  }
}

function outputsOf(
  step: ManifestParts['step'],
  outputs: ActionRecord['result']['outputs'],
): Record<string, ManifestOutput> {
  const described: Record<string, ManifestOutput> = {}
  for (const [name, artifact] of Object.entries(outputs)) {
    const declaration = step.stage.outputs[name]
    if (declaration === undefined) continue
    const path = outputPath(name, normalOutput(declaration))
    described[name] = { kind: artifact.kind, path, digest: digestText(artifact.digest), size_bytes: artifact.sizeBytes }
  }
  return described
}

/** Returns a manifest as its file holds it. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** The result of reading a manifest: read, absent, or what is wrong with it. */
export type ManifestReading =
  | { readonly kind: 'read'; readonly manifest: Manifest; readonly isEarlier: boolean }
  | { readonly kind: 'absent' }
  | { readonly kind: 'broken'; readonly problems: readonly string[] }

/** Reads and checks the manifest of a step's directory. */
export async function readManifest(stepDir: string): Promise<ManifestReading> {
  const text = readText(join(stepDir, 'manifest.json'))
  if (text === undefined) return { kind: 'absent' }
  const { isEarlierManifest, manifestProblems, parseManifest } = await import('../../core/record/manifest-schema.ts')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'broken', problems: ['it is not valid JSON'] }
  }
  const manifest = parseManifest(value)
  if (manifest === undefined) return { kind: 'broken', problems: manifestProblems(value) }
  return { kind: 'read', manifest, isEarlier: isEarlierManifest(value) }
}

/** Returns the step directories of a job, relative to it, in order. */
export function stepDirectories(jobDir: string, below = ''): readonly string[] {
  const entries = readdirSync(join(jobDir, below), { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && !isEditedDirectory(entry.name) && (below !== '' || /^\d+_/.test(entry.name)),
    )
    .map((entry) => join(below, entry.name))
    .sort()
  return entries.flatMap((dir) => {
    // A directory without a manifest belongs to a fan-out, and fan-outs may be nested.
    // An item may have that name, and so a folder.
    const isStep = statSync(join(jobDir, dir, 'manifest.json'), { throwIfNoEntry: false })?.isFile() === true
    return isStep ? [dir] : stepDirectories(jobDir, dir)
  })
}

/** Returns the keys in the manifests of a job, of those that can be read; none where there is no job. */
export async function manifestKeys(jobDir: string): Promise<readonly string[]> {
  if (readText(join(jobDir, 'job.json')) === undefined) return []
  const readings = await Promise.all(stepDirectories(jobDir).map((dir) => readManifest(join(jobDir, dir))))
  return readings.flatMap((reading) => (reading.kind === 'read' ? [reading.manifest.action_key] : []))
}

/** A manifest, and what is wrong with it. */
export interface CheckedManifest {
  readonly path: string
  readonly problems: readonly string[]
  /** Whether an earlier release wrote it, with other names and types; it is read as if it were of this one. */
  readonly earlier?: true
}

/** Checks every manifest of a job. Returns each with what is wrong with it. */
export async function checkManifests(jobDir: string): Promise<Result<readonly CheckedManifest[], Failure>> {
  const job = await readJob(jobDir)
  if (!job.ok) return job
  const checks = stepDirectories(jobDir).map(async (dir) => {
    const reading = await readManifest(join(jobDir, dir))
    const problems = reading.kind === 'broken' ? reading.problems : []
    const earlier = reading.kind === 'read' && reading.isEarlier ? { earlier: true as const } : {}
    return { path: join(dir, 'manifest.json'), problems, ...earlier }
  })
  return { ok: true, value: await Promise.all(checks) }
}
