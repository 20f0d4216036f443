import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { frameParams } from '../export/frame-params.ts'
import type { Analysis } from '../song/analysis.ts'
import { planGroup } from './plan-group.ts'
import { Context, GroupPlan, Macro, Rhythm } from './show-plan.ts'

/** Plans what one part of the display does. */
export const groups = defineStage({
  name: 'groups',
  version: 1,
  description: 'Plans what a part of the display does, effect by effect',
  inputs: { context: json(Context), macro: json(Macro), rhythm: json(Rhythm) },
  params: schema(() => z.object({ ...frameParams(), seed: z.int() })),
  outputs: { plan: json(GroupPlan) },
  run: ({ inputs, params }) => ({ plan: planGroup(inputs.context, inputs.macro, inputs.rhythm, params) }),
})

/** Returns what a plan takes of an analysis: a change of anything else plans nothing anew. */
export function rhythmOf({ durationS, bars, beats, impacts, gaps }: Analysis): Rhythm {
  return {
    durationS,
    bars: bars.map(({ startS }) => startS),
    beats: beats.map(({ atS }) => atS),
    impacts: impacts.map(({ atS }) => atS),
    gaps: gaps.map(({ startS, endS }) => ({ startS, endS })),
  }
}
