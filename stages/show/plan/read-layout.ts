import { readFile } from 'node:fs/promises'
import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../../schema/schema.ts'
import { Layout, LayoutError, readLayout } from './layout.ts'

/** Returns the param that names the parts of a display. */
export function groupParams() {
  const usual = ['Mega Tree', 'Matrix', 'Arches', 'Roofline', 'Floods']
  return {
    groups: described(
      z._default(z.array(z.string().check(z.minLength(1))), usual),
      "parts of the display, each with a plan of its own; a layout file's groups go first",
    ),
  }
}

/** Reads the models and groups of the display. */
export const readDisplay = defineStage({
  name: 'display',
  version: 1,
  description: 'Reads the models and groups of the display from xlights_rgbeffects.xml, or takes a list of names',
  inputs: { layout: optional(file()) },
  params: schema(() => z.object(groupParams())),
  outputs: { layout: json(Layout) },
  async run({ inputs, params, log, fail }) {
    if (inputs.layout === undefined) {
      const names = [...new Set(params.groups.map((name) => name.trim()))].filter((name) => name !== '')
      if (names.length === 0)
        return fail('there is no part of the display: name one in the param groups, or pass a layout')
      return { layout: { isOwn: false, models: [], groups: names.map((name) => ({ name, models: [] })) } }
    }
    try {
      const layout = readLayout(await readFile(inputs.layout, 'utf8'))
      log(`${layout.models.length} models and ${layout.groups.length} groups`)
      return { layout }
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error
      return fail(
        `the input 'layout' cannot be read: ${error.message}; pass xlights_rgbeffects.xml of your show folder`,
      )
    }
  },
})
