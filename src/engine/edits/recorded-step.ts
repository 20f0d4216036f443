import { join } from 'node:path'
import { hashInText, type JsonValue } from '../../../store/index.ts'
import { isJson, isRecord, type ManifestOutput } from '../../core/index.ts'
import { readText } from '../system/read-text.ts'

export const temporaryRecord = /^(?:job|manifest)\.json\.\d+\.tmp$/

/** What the runner writes into a step's directory beside its outputs. */
export function isStepRecord(name: string): boolean {
  return name === 'manifest.json' || name === 'stage.log' || temporaryRecord.test(name)
}

/** What the manifest of a step says of the step's directory. */
export interface RecordedStep {
  readonly step?: string
  readonly key?: string
  readonly hasFailed: boolean
  /** Whether the store has the result. */
  readonly isStored: boolean
  readonly outputs: readonly RecordedOutput[]
  /** The values of short JSON inputs, by name. */
  readonly inputValues: Readonly<Record<string, JsonValue>>
}

export interface RecordedOutput {
  readonly name: string
  readonly kind: ManifestOutput['kind']
  /** Inside the step's directory. */
  readonly path: string
  readonly hash?: string
}

/**
 * Reads of a manifest what it takes to tell the runner's files from others; without the schema, which takes longer to
 * load than a short step to run. Undefined where there is none, or it is damaged.
 */
export function recordedStep(stepDir: string): RecordedStep | undefined {
  let value: unknown
  try {
    value = JSON.parse(readText(join(stepDir, 'manifest.json')) ?? '')
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const { step, action_key: key, failure, cache, output_artifacts: artifacts, outputs } = value
  const described = isRecord(artifacts) ? artifacts : isRecord(outputs) ? outputs : {}
  return {
    ...(typeof step === 'string' ? { step } : {}),
    ...(typeof key === 'string' ? { key } : {}),
    hasFailed: failure !== undefined,
    isStored: failure === undefined && cache !== 'off',
    inputValues: inputValues(value.input_artifacts),
    outputs: Object.entries(described).flatMap(([name, output]) => recordedOutput(name, output) ?? []),
  }
}

function inputValues(artifacts: unknown): Record<string, JsonValue> {
  const inputs = isRecord(artifacts) ? Object.entries(artifacts) : []
  return Object.fromEntries(
    inputs.flatMap(([name, input]) => (isRecord(input) && isJson(input.value) ? [[name, input.value] as const] : [])),
  )
}

function recordedOutput(name: string, output: unknown): RecordedOutput | undefined {
  if (!isRecord(output) || typeof output.path !== 'string') return undefined
  const { kind, digest } = output
  if (kind !== 'file' && kind !== 'tree' && kind !== 'json') return undefined
  const hash = typeof digest === 'string' ? hashInText(digest) : undefined
  return { name, kind, path: output.path.replace(/\/$/, ''), ...(hash === undefined ? {} : { hash }) }
}
