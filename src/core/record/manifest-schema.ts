import { z } from 'zod'
import { type Manifest, manifestVersion } from './manifest.ts'

const digest = z.string().regex(/^b3:[0-9a-f]{64}$/, 'not a digest (b3: and 64 hexadecimal digits)')
const item = z.tuple([z.string(), z.union([digest, z.object({ kind: z.string(), message: z.string() })])])
const timestamp = z.iso.datetime()

const schema = z
  .object({
    schema_version: z.literal(manifestVersion),
    stage: z.string().min(1),
    stage_version: z.number().int(),
    step: z.string().min(1),
    inputs: z.record(
      z.string(),
      z.object({ paths: z.array(z.string()), digest: z.union([digest, z.array(digest), z.array(item), z.null()]) }),
    ),
    inputs_checksum: digest,
    params: z.record(z.string(), z.unknown()),
    runner_version: z.number().int(),
    device: z.enum(['cpu', 'cuda', 'mps']),
    deterministic: z.literal(false).optional(),
    device_wanted: z.enum(['cpu', 'cuda', 'mps']).optional(),
    take: z.number().int().min(2).optional(),
    tools: z.record(z.string(), z.unknown()),
    action_key: z.string().regex(/^[0-9a-f]{64}$/, 'not an action key (64 hexadecimal digits)'),
    accepted_from: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'not an action key (64 hexadecimal digits)')
      .optional(),
    outputs: z.record(
      z.string(),
      z.object({
        kind: z.enum(['file', 'tree', 'json']),
        path: z.string().min(1),
        digest,
        size_bytes: z.number().int().nonnegative(),
      }),
    ),
    timestamp,
    last_checked_ts: timestamp,
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
  const checked = schema.safeParse(value)
  if (checked.success) return []
  return checked.error.issues.map((issue) => {
    const field = issue.path.map(String).join('.')
    return field === '' ? issue.message : `${field}: ${issue.message}`
  })
}

/** Returns `value` as a manifest, or undefined if it is invalid. */
export function parseManifest(value: unknown): Manifest | undefined {
  return isManifest(value) ? value : undefined
}

function isManifest(value: unknown): value is Manifest {
  return schema.safeParse(value).success
}

/** Returns the published JSON Schema of `manifest.json`. */
export function manifestJsonSchema(): object {
  return z.toJSONSchema(schema, { target: 'draft-2020-12' })
}
