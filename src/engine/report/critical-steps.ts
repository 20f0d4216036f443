import type { Manifest } from '../../core/index.ts'

/** A step that a run executed: what it made and read, and when. */
export interface RanStep {
  readonly step: string
  readonly manifest: Pick<Manifest, 'input_artifacts' | 'output_artifacts'>
  /** Milliseconds after the run began. */
  readonly ranMs: { readonly start: number; readonly end: number }
}

/**
 * Returns the steps that a run waited for, one after the other: the one that ended last, before it the one of those that
 * it needed that ended last, and so on. Steps that the run did not execute took no time.
 */
export function criticalSteps(ran: readonly RanStep[]): ReadonlySet<string> {
  // Several steps may make the same bytes.
  const makers = new Map<string, RanStep[]>()
  for (const step of ran) {
    for (const { digest } of Object.values(step.manifest.output_artifacts)) {
      const others = makers.get(digest)
      if (others === undefined) makers.set(digest, [step])
      else others.push(step)
    }
  }
  const path = new Set<string>()
  let last = latest(ran)
  while (last !== undefined && !path.has(last.step)) {
    path.add(last.step)
    const { start } = last.ranMs
    const needed = Object.values(last.manifest.input_artifacts).flatMap(({ digest }) => digestsIn(digest))
    const before = needed.flatMap((digest) => makers.get(digest) ?? []).filter(({ ranMs }) => ranMs.end <= start)
    last = latest(before)
  }
  return path
}

function latest(steps: readonly RanStep[]): RanStep | undefined {
  let found: RanStep | undefined
  for (const step of steps) if (found === undefined || step.ranMs.end > found.ranMs.end) found = step
  return found
}

function digestsIn(input: Manifest['input_artifacts'][string]['digest']): readonly string[] {
  if (input === null) return []
  if (typeof input === 'string') return [input]
  return input.flatMap((item) => (typeof item === 'string' ? [item] : typeof item[1] === 'string' ? [item[1]] : []))
}
