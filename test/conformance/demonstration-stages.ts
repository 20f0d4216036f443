import * as reprise from 'reprise'
import { z } from 'zod'
import { demonstration } from '../demonstration/demonstration.ts'

/** The demonstration with its stages where another process can import them. */

const made: Record<string, reprise.AnyStage> = {}
const defineStage: typeof reprise.defineStage = (stage) => {
  const defined = reprise.defineStage(stage)
  made[stage.name] = defined
  return defined
}
const config = demonstration({ ...reprise, defineStage }, z)

/** Returns services that no run has used yet. */
export const freshProvisions = () => demonstration(reprise, z).services ?? []

export const demonstrated = config.pipelines[0]
export const provisions = config.services ?? []
export const pools = config.pools ?? {}
export const { probe, separate, align, lyrics, choir, translate, plan, cue, part, stall, polish, mix } = made
