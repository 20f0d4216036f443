import type { ActionLabels, ActionRecord, ActionResult } from './action-cache.ts'
import type { ArtifactKind, StoredArtifact } from './artifact.ts'
import { type Digest, isHash } from './digest.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isAmount, isArray, isCount, isObject, stringRecord } from './json-guards.ts'

/** Returns the JSON that keeps a record; `parseActionRecord` is its inverse. */
export function actionRecordJson(record: ActionRecord): JsonObject {
  const { key, action, result, labels } = record
  return {
    key,
    action,
    result: actionResultJson(result),
    labels: { ...labels },
  }
}

/** Returns the JSON that keeps a result; `parseActionResult` is its inverse. */
export function actionResultJson(result: ActionResult): JsonObject {
  return { ...result, outputs: Object.fromEntries(Object.entries(result.outputs).map(artifactEntry)) }
}

function artifactEntry([name, artifact]: readonly [string, StoredArtifact]): [string, JsonObject] {
  const { modes } = artifact
  return [
    name,
    { ...artifact, digest: { ...artifact.digest }, ...(modes === undefined ? {} : { modes: { ...modes } }) },
  ]
}

/** Returns the record that a JSON value holds, or undefined when it has another shape. */
export function parseActionRecord(value: JsonValue | undefined): ActionRecord | undefined {
  if (!isObject(value)) return undefined
  const { key, action } = value
  const result = parseActionResult(value.result)
  const labels = parseLabels(value.labels)
  if (typeof key !== 'string' || !isHash(key) || !isObject(action)) return undefined
  if (result === undefined || labels === undefined) return undefined
  return { key, action, result, labels }
}

/** Returns the result that a JSON value holds, or undefined when it has another shape. */
export function parseActionResult(value: JsonValue | undefined): ActionResult | undefined {
  if (!isObject(value)) return undefined
  const { durationMs, peakRssBytes, cpuTimeMs, device, producedAt, acceptedFrom } = value
  const outputs = parseOutputs(value.outputs)
  const tools = stringRecord(value.tools)
  if (outputs === undefined || tools === undefined || !isAmount(durationMs)) return undefined
  if (typeof device !== 'string' || typeof producedAt !== 'string') return undefined
  if (peakRssBytes !== undefined && !isAmount(peakRssBytes)) return undefined
  if (cpuTimeMs !== undefined && !isAmount(cpuTimeMs)) return undefined
  if (acceptedFrom !== undefined && typeof acceptedFrom !== 'string') return undefined
  return {
    outputs,
    durationMs,
    ...(peakRssBytes === undefined ? {} : { peakRssBytes }),
    ...(cpuTimeMs === undefined ? {} : { cpuTimeMs }),
    device,
    tools,
    producedAt,
    ...(acceptedFrom === undefined ? {} : { acceptedFrom }),
  }
}

function parseOutputs(value: JsonValue | undefined): Readonly<Record<string, StoredArtifact>> | undefined {
  if (!isObject(value)) return undefined
  const outputs: Record<string, StoredArtifact> = {}
  for (const name of Object.keys(value)) {
    const artifact = parseArtifact(value[name])
    if (artifact === undefined) return undefined
    outputs[name] = artifact
  }
  return outputs
}

/** Returns the artifact that a JSON value holds, or undefined when it has another shape. */
export function parseArtifact(value: JsonValue | undefined): StoredArtifact | undefined {
  if (!isObject(value)) return undefined
  const { kind, sizeBytes, executable } = value
  const digest = parseDigest(value.digest)
  if (!isArtifactKind(kind) || digest === undefined || !isCount(sizeBytes)) return undefined
  if (executable !== undefined && typeof executable !== 'boolean') return undefined
  const modes = value.modes === undefined ? undefined : parseModes(value.modes)
  if (value.modes !== undefined && modes === undefined) return undefined
  const optional = { ...(executable === undefined ? {} : { executable }), ...(modes === undefined ? {} : { modes }) }
  return { kind, digest, sizeBytes, ...optional }
}

function parseModes(value: JsonValue): Readonly<Record<string, number>> | undefined {
  if (!isObject(value)) return undefined
  const modes: Record<string, number> = {}
  for (const [path, mode] of Object.entries(value)) {
    if (!isCount(mode) || mode > 0o777) return undefined
    modes[path] = mode
  }
  return modes
}

/** Returns the digest that a JSON value holds, or undefined when it has another shape. */
export function parseDigest(value: JsonValue | undefined): Digest | undefined {
  if (!isObject(value)) return undefined
  const { hash, sizeBytes } = value
  return typeof hash === 'string' && isHash(hash) && isCount(sizeBytes) ? { hash, sizeBytes } : undefined
}

function isArtifactKind(value: JsonValue | undefined): value is ArtifactKind {
  return value === 'file' || value === 'tree' || value === 'json'
}

function parseLabels(value: JsonValue | undefined): ActionLabels | undefined {
  if (!isObject(value)) return undefined
  const { pipeline, step, job, origins, from } = value
  const files = stringRecord(value.files)
  if (typeof pipeline !== 'string' || typeof step !== 'string' || typeof job !== 'string') return undefined
  if (files === undefined) return undefined
  const labels = { pipeline, step, job, files, ...(typeof from === 'string' ? { from } : {}) }
  if (origins === undefined) return labels
  const hashes = isArray(origins) ? origins.filter((hash) => typeof hash === 'string' && isHash(hash)) : []
  return { ...labels, origins: hashes.map(String) }
}
