import type { Provision } from '../declare/service.ts'
import type { Problem } from '../failure/failure.ts'
import { nearestName } from '../failure/nearest.ts'
import type { Step } from './graph.ts'

/** Returns what is wrong with the provided services: those that steps lack, and those provided twice. */
export function serviceProblems(steps: readonly Step[], provided: readonly Provision[]): readonly Problem[] {
  const names = provided.map(({ service }) => service.service)
  const unique = new Set(names)
  const twice = [...unique].filter((name) => names.indexOf(name) !== names.lastIndexOf(name))
  const problems: Problem[] = twice.map((name) => ({ where: `service ${name}`, message: 'it is provided twice' }))
  const lacking = new Map<string, { readonly step: string; readonly name: string }>()
  for (const { id, stage } of steps) {
    for (const { service: name } of Object.values(stage.services ?? {})) {
      if (!unique.has(name) && !lacking.has(name)) lacking.set(name, { step: id, name })
    }
  }
  for (const { step, name } of lacking.values()) {
    const near = nearestName(name, [...unique])
    const hint = near === undefined ? '' : `: did you mean '${near}'?`
    const message = `it needs the service '${name}', which is not provided${hint} (provided: ${[...unique].join(', ') || 'none'}); provide it: services: [provide(${name}, ...)] in the request or in reprise.config.ts`
    problems.push({ where: `step ${step}`, message })
  }
  return problems
}
