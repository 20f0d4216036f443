import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { Layout, roleOf } from './layout.ts'
import { type Context, Contexts } from './show-plan.ts'

/** Makes a context for each part of the display: all that its plan depends on. */
export const contexts = defineStage({
  name: 'contexts',
  version: 1,
  description: 'Lists the parts of the display that get a plan: groups of the layout, or models where it has no groups',
  inputs: { layout: json(Layout) },
  params: schema(() => z.object({})),
  outputs: { contexts: json(Contexts) },
  run: ({ inputs }) => ({ contexts: contextsOf(inputs.layout) }),
})

/** Returns the parts of a display; a part says nothing of the others, so that a new one changes no other plan. */
export function contextsOf({ models, groups }: Layout): Context[] {
  const shown = new Map(models.map(({ name, displayAs }) => [name, displayAs]))
  const parts = groups.length > 0 ? groups : models.map(({ name }) => ({ name, models: [name] }))
  const seen = new Set<string>()
  return parts.flatMap(({ name, models: members }) => {
    // Names of steps differ in more than case.
    const key = name.toLowerCase()
    if (seen.has(key)) return []
    seen.add(key)
    return [{ name, role: roleOf(name, shown.get(members[0] ?? '') ?? ''), models: [...members] }]
  })
}
