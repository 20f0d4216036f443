import { defineStage, json, many, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { frameParams } from '../export/frame-params.ts'
import { flooredMs } from '../export/frames.ts'
import { Tags } from '../lyrics/lyrics-schema.ts'
import { Layout } from './layout.ts'
import { GroupPlan, Macro, Rhythm, ShowPlan } from './show-plan.ts'

/** Gathers the plans to a show, and checks it against the layout. */
export const check = defineStage({
  name: 'check',
  version: 1,
  description:
    'Gathers the plans to a show; checks that it has no gaps, overlaps, times off the frames, or unknown models',
  inputs: {
    tags: json(Tags),
    layout: json(Layout),
    macro: json(Macro),
    rhythm: json(Rhythm),
    plans: many(json(GroupPlan)),
  },
  params: schema(() => z.object(frameParams())),
  outputs: { plan: json(ShowPlan) },
  contracts: [{ name: 'no gaps, no overlaps, all on frames', check: ({ outputs }) => faultsIn(outputs.plan) }],
  run({ inputs, params, warn }) {
    const { tags, layout, macro, rhythm, plans } = inputs
    const warnings = unknownModels(layout)
    for (const warning of warnings.slice(0, 5)) warn(warning)
    return {
      plan: {
        title: tags.title ?? 'Untitled',
        artist: tags.artist ?? '',
        durationMs: flooredMs(rhythm.durationS, params.frameMs),
        frameMs: params.frameMs,
        palettes: macro.palettes,
        groups: [...plans],
        warnings,
      },
    }
  },
})

/** Returns what is wrong with a show: marks that a sequencer would move, hide or refuse. */
export function faultsIn({ durationMs, frameMs, groups, palettes }: ShowPlan): readonly Violation[] {
  const violations: Violation[] = []
  for (const { group, effects } of groups) {
    let untilMs = 0
    for (const { startMs, endMs, effect, palette } of effects) {
      const where = `${effect} of ${group} at ${startMs} ms`
      if (startMs > untilMs) violations.push({ message: `there is a gap before ${where}`, expected: `${untilMs} ms` })
      if (startMs < untilMs)
        violations.push({ message: `${where} overlaps the effect before it`, expected: `${untilMs} ms` })
      if (endMs <= startMs) violations.push({ message: `${where} has no length` })
      if (startMs % frameMs !== 0 || endMs % frameMs !== 0)
        violations.push({ message: `${where} is not on a frame of ${frameMs} ms` })
      if (palettes[palette] === undefined) violations.push({ message: `${where} has no palette` })
      untilMs = endMs
    }
    if (untilMs !== durationMs) {
      violations.push({
        message: `the plan of ${group} does not end with the song`,
        expected: `${durationMs} ms`,
        found: `${untilMs} ms`,
      })
    }
  }
  return violations
}

/** A group may have groups, and a part of a model, such as `Tree/Left`. */
function unknownModels({ isOwn, models, groups }: Layout): string[] {
  if (!isOwn) return []
  const known = new Set([...models, ...groups].map(({ name }) => name))
  return groups.flatMap(({ name, models: members }) =>
    members
      .filter((member) => !known.has(member) && !known.has(member.split('/')[0] ?? ''))
      .map((member) => `the group '${name}' names a model that the layout does not have: '${member}'`),
  )
}
