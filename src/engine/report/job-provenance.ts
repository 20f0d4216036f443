import { lstatSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import {
  type CompletedOutput,
  type Failure,
  failureMessage,
  isRecord,
  type JobProvenance,
  type Manifest,
  type ManifestInput,
  type ProvenanceFile,
  type ProvenanceStep,
} from '../../core/index.ts'
import { readJobEvents } from '../events/event-log.ts'
import { type JobRecord, readJob } from '../job/job-file.ts'
import { readManifest, stepDirectories } from '../job/manifest-file.ts'

/** Returns what the steps of a job read and made, and with what, from its manifests. Reads no store and changes nothing. */
export async function jobProvenance(jobDir: string): Promise<Result<JobProvenance, Failure>> {
  const job = await readJob(jobDir)
  if (!job.ok) return job
  const { pipeline, inputs, params, created, runs } = job.value
  const manifests: { readonly directory: string; readonly manifest: Manifest }[] = []
  for (const directory of stepDirectories(jobDir)) {
    const reading = await readManifest(join(jobDir, directory))
    if (reading.kind === 'read') manifests.push({ directory, manifest: reading.manifest })
  }
  const steps = manifests.map(({ directory, manifest }) => stepOf(jobDir, directory, manifest))
  const last = runs.at(-1)
  return {
    ok: true,
    value: {
      job: basename(jobDir),
      pipeline,
      runnerVersion: manifests[0]?.manifest.runner_version ?? '',
      params,
      startedAt: created,
      endedAt:
        last?.ended ??
        steps
          .map(({ endedAt }) => endedAt)
          .sort()
          .at(-1) ??
        created,
      hasFailed: last?.status === 'failed' || steps.some(({ failure }) => failure !== undefined),
      inputs: jobInputs(jobDir, inputs, manifests),
      outputs: await jobOutputs(jobDir),
      steps,
    },
  }
}

function stepOf(jobDir: string, directory: string, manifest: Manifest): ProvenanceStep {
  const { step, stage, stage_version, action_key, params, device, tools, timestamp, duration_ms, failure } = manifest
  return {
    step,
    stage,
    stageVersion: stage_version,
    key: action_key,
    params,
    device,
    tools: Object.entries(tools).map(([name, tool]) => ({
      name,
      ...(isRecord(tool) && typeof tool.version === 'string' ? { version: tool.version } : {}),
    })),
    startedAt: new Date(timestamp * 1000 - duration_ms).toISOString(),
    endedAt: new Date(timestamp * 1000).toISOString(),
    ...(failure === undefined ? {} : { failure: failureMessage(failure) }),
    used: Object.entries(manifest.input_artifacts).flatMap(([name, input]) => filesOf(jobDir, name, input)),
    made: Object.entries(manifest.output_artifacts).map(([name, { kind, path, digest, size_bytes }]) => ({
      ...placed(jobDir, name, join(jobDir, directory, path), digest),
      isDirectory: kind === 'tree',
      sizeBytes: size_bytes,
    })),
  }
}

/** An item that failed, and that a step gathers, has no digest. */
function filesOf(jobDir: string, name: string, { digest, paths }: ManifestInput): readonly ProvenanceFile[] {
  const list = typeof digest === 'string' ? [digest] : (digest ?? [])
  const digests = list.flatMap((one) => (typeof one === 'string' ? [one] : typeof one[1] === 'string' ? [one[1]] : []))
  return digests.map((one, index) => placed(jobDir, name, paths[index] ?? '', one))
}

/** A path that leads out of the job is of this machine alone, and is left out. */
function placed(jobDir: string, name: string, path: string, digest: string): ProvenanceFile {
  const inside = path === '' ? '..' : relative(jobDir, resolve(jobDir, path))
  const stats = path === '' ? undefined : lstatSync(resolve(jobDir, path), { throwIfNoEntry: false })
  return {
    name,
    digest,
    ...(path === '' ? {} : { fileName: basename(path) }),
    isDirectory: stats?.isDirectory() === true,
    ...(stats === undefined || inside.startsWith('..') ? {} : { path: inside }),
  }
}

/** Returns the inputs of the pipeline, with the digests under which a step read them. */
function jobInputs(
  jobDir: string,
  inputs: JobRecord['inputs'],
  manifests: readonly { readonly manifest: Manifest }[],
): readonly ProvenanceFile[] {
  const digests = new Map<string, string>()
  for (const { manifest } of manifests) {
    for (const [name, input] of Object.entries(manifest.input_artifacts)) {
      for (const [index, { digest }] of filesOf(jobDir, name, input).entries())
        digests.set(resolve(jobDir, input.paths[index] ?? ''), digest)
    }
  }
  return Object.entries(inputs).flatMap(([name, paths]) =>
    [paths].flat().flatMap((path) => {
      const digest = digests.get(path)
      if (digest === undefined) return []
      const { isDirectory } = placed(jobDir, name, path, digest)
      return [
        {
          name,
          digest,
          fileName: basename(path),
          isDirectory,
          sizeBytes: lstatSync(path, { throwIfNoEntry: false })?.size ?? 0,
        },
      ]
    }),
  )
}

async function jobOutputs(jobDir: string): Promise<readonly ProvenanceFile[]> {
  const events = await readJobEvents(jobDir)
  const end = events.findLast((event) => 'outputs' in event && event.outputs !== undefined)
  const outputs = end !== undefined && 'outputs' in end ? (end.outputs ?? {}) : {}
  return Object.entries(outputs).flatMap(([name, made]) =>
    listOf(made).map(({ path, digest }) => placed(jobDir, name, path, digest)),
  )
}

function listOf(made: CompletedOutput | readonly CompletedOutput[]): readonly CompletedOutput[] {
  return 'path' in made ? [made] : made
}
