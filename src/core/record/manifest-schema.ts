import { z } from 'zod'
import { isRecord } from '../failure/json-value.ts'
import { type Manifest, manifestVersion } from './manifest.ts'

const digest = z.string().regex(/^b3:[0-9a-f]{64}$/, 'not a digest (b3: and 64 hexadecimal digits)')
const item = z.tuple([z.string(), z.union([digest, z.object({ kind: z.string(), message: z.string() })])])
const timestamp = z.number().nonnegative()

const key = z.string().regex(/^[0-9a-f]{64}$/, 'not an action key (64 hexadecimal digits)')

const schema = z
  .object({
    stage: z.string().min(1),
    inputs: z.array(z.string()),
    inputs_checksum: digest,
    params: z.record(z.string(), z.unknown()),
    runner_version: z.string().min(1),
    outputs: z.array(z.string().min(1)),
    timestamp,
    last_checked_ts: timestamp,
    schema_version: z.literal(manifestVersion),
    stage_version: z.number().int(),
    step: z.string().min(1),
    input_artifacts: z.record(
      z.string(),
      z.object({
        paths: z.array(z.string()),
        digest: z.union([digest, z.array(digest), z.array(item), z.null()]),
        value: z.unknown().optional(),
      }),
    ),
    output_artifacts: z.record(
      z.string(),
      z.object({
        kind: z.enum(['file', 'tree', 'json']),
        path: z.string().min(1),
        digest,
        size_bytes: z.number().int().nonnegative(),
      }),
    ),
    device: z.enum(['cpu', 'cuda', 'mps']),
    deterministic: z.literal(false).optional(),
    device_wanted: z.enum(['cpu', 'cuda', 'mps']).optional(),
    take: z.number().int().min(2).optional(),
    tools: z.record(z.string(), z.unknown()),
    action_key: key,
    accepted_from: key.optional(),
    fetched_from: z.string().optional(),
    exit_code: z.number().int(),
    duration_ms: z.number().nonnegative(),
    peak_rss_bytes: z.number().int().nonnegative().nullable(),
    cpu_time_ms: z.number().nonnegative().nullable().optional(),
    cache: z.enum(['hit', 'miss', 'off']),
    attempts: z.number().int().nonnegative(),
    failure: z.looseObject({ kind: z.string() }).optional(),
  })
  .strict()

/** Returns what is wrong with a manifest, a line a field; nothing if it is valid. */
export function manifestProblems(value: unknown): readonly string[] {
  const checked = schema.safeParse(isEarlierManifest(value) ? upgraded(value) : value)
  if (checked.success) return []
  return checked.error.issues.map((issue) => {
    const field = issue.path.map(String).join('.')
    return field === '' ? issue.message : `${field}: ${issue.message}`
  })
}

/** Returns `value` as a manifest, or undefined if it is invalid. One of an earlier release becomes as those of this one. */
export function parseManifest(value: unknown): Manifest | undefined {
  const current = isEarlierManifest(value) ? upgraded(value) : value
  return isManifest(current) ? current : undefined
}

function isManifest(value: unknown): value is Manifest {
  return schema.safeParse(value).success
}

interface EarlierManifest extends Record<string, unknown> {
  readonly inputs: Record<string, unknown>
  readonly outputs: Record<string, unknown>
}

/** Returns whether a release wrote a manifest that had descriptions of inputs and outputs in place of their paths. */
export function isEarlierManifest(value: unknown): value is EarlierManifest {
  return isRecord(value) && isRecord(value.inputs) && isRecord(value.outputs)
}

function upgraded(value: EarlierManifest): Record<string, unknown> {
  const { inputs, outputs, runner_version, timestamp, last_checked_ts } = value
  return {
    ...value,
    inputs: Object.values(inputs).flatMap((input): unknown => (isRecord(input) ? input.paths : input)),
    outputs: Object.values(outputs).map((output) => (isRecord(output) ? output.path : output)),
    runner_version: String(runner_version),
    timestamp: secondsOf(timestamp),
    last_checked_ts: secondsOf(last_checked_ts),
    input_artifacts: inputs,
    output_artifacts: outputs,
  }
}

function secondsOf(time: unknown): unknown {
  return typeof time === 'string' ? Date.parse(time) / 1000 : undefined
}

/** Returns the published JSON Schema of `manifest.json`. */
export function manifestJsonSchema(): object {
  return z.toJSONSchema(schema, { target: 'draft-2020-12' })
}
