import { type ActionInput, type ActionParts, type Device, deviceFor, type Step } from '../../core/index.ts'
import { actionInputOf, type ResolvedInputs } from '../execute/inputs.ts'
import { declaredEnvironment } from '../key/environment.ts'
import type { StageFacts } from '../key/stage-facts.ts'

/** Fills the action of a step: its stage, params, inputs, device, tools, environment, source and services. */
export function fillAction(
  { device }: { readonly device: Device },
  { stage, params }: Step,
  resolved: ResolvedInputs,
  { tools, services, source }: StageFacts,
): ActionParts {
  const inputs: Record<string, ActionInput> = {}
  for (const name of Object.keys(resolved)) {
    const input = resolved[name]
    if (input !== undefined) inputs[name] = actionInputOf(input)
  }
  const { name, version, env = [] } = stage
  return {
    stage: { name, version },
    params,
    inputs,
    device: deviceFor(stage.devices, device),
    tools: [...tools.values()].map(({ identity }) => identity),
    ...(env.length === 0 ? {} : { env: declaredEnvironment(env) }),
    ...(source.kind === 'known' ? { source: source.files, packages: source.packages } : {}),
    ...(services === undefined ? {} : { services }),
  }
}
