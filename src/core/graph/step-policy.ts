import { checkParams } from '../declare/params.ts'
import type { AnyStage } from '../declare/stage.ts'
import type { Device } from '../failure/device.ts'
import { type ExecutionPolicy, type MemoryRung, policyOf, policyProblems } from '../failure/execution-policy.ts'
import type { Problem } from '../failure/failure.ts'
import type { Fallback, Step } from './graph.ts'

export interface StepPolicyOptions extends ExecutionPolicy {
  readonly params?: object
  readonly onOutOfMemory?: readonly MemoryRung[]
}

/** Returns a step's execution policy, and every mistake in it. */
export function stepPolicy(
  where: string,
  stage: AnyStage,
  options: StepPolicyOptions,
): { readonly parts: Pick<Step, 'policy' | 'fallbacks'>; readonly problems: readonly Problem[] } {
  const policy = policyOf(stage, options)
  const rungs = options.onOutOfMemory ?? stage.onOutOfMemory
  const problems = policy === undefined ? [] : [...policyProblems(where, policy)]
  if (rungs === undefined) return { parts: policy === undefined ? {} : { policy }, problems }
  // Mistakes in the step's own params are reported with them.
  const own = checkParams(where, stage.params, options.params ?? {})
  const known = new Set(own.ok ? [] : own.error.map((problem) => problem.message))
  const fallbacks = rungs.flatMap((rung, index): readonly Fallback[] => {
    const place = `${where}.onOutOfMemory[${index}]`
    const params = checkParams(place, stage.params, { ...options.params, ...rung.params })
    if (!params.ok) problems.push(...params.error.filter(({ message }) => !known.has(message)))
    problems.push(...deviceProblems(place, stage.devices, rung.device))
    return params.ok ? [{ params: params.value, ...(rung.device === undefined ? {} : { device: rung.device }) }] : []
  })
  return { parts: { ...(policy === undefined ? {} : { policy }), fallbacks }, problems }
}

function deviceProblems(where: string, usable: readonly Device[] = ['cpu'], device?: Device): readonly Problem[] {
  if (device === undefined || usable.includes(device)) return []
  return [
    { where: `${where}.device`, message: `the stage does not run on ${device} (its devices: ${usable.join(', ')})` },
  ]
}
