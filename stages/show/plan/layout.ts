import type { StandardSchemaV1 } from '@standard-schema/spec'
import { SaxesParser } from 'saxes'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'

/** What a part of the display is good for. */
export const roles = ['matrix', 'tree', 'line', 'arch', 'face', 'flood', 'spinner', 'all'] as const
export type Role = (typeof roles)[number]

const model = () => z.object({ name: z.string(), displayAs: z.string() })
const group = () => z.object({ name: z.string(), models: z.array(z.string()) })

/** The models and groups of a display. */
export const Layout = schema(() =>
  z.object({
    /** Whether it is of the user's own file; else it is of the param `groups`. */
    isOwn: z.boolean(),
    models: z.array(model()),
    groups: z.array(group()),
  }),
)
export type Layout = StandardSchemaV1.InferOutput<typeof Layout>

/** What in a layout cannot be read. */
export class LayoutError extends Error {}

/**
 * Reads the models and groups of `xlights_rgbeffects.xml`.
 *
 * @throws {LayoutError} where it is not that file.
 */
export function readLayout(xml: string): Layout {
  const models: Layout['models'] = []
  const groups: Layout['groups'] = []
  const open: string[] = []
  const parser = new SaxesParser()
  parser.on('opentag', ({ name, attributes }) => {
    open.push(name)
    const path = open.slice(1).join('/')
    if (open.length === 1 && name !== 'xrgb') throw new LayoutError(`its root is <${name}>, not <xrgb>`)
    const named = attributes.name?.trim() ?? ''
    if (named === '') return
    if (path === 'models/model') models.push({ name: named, displayAs: attributes.DisplayAs ?? '' })
    if (path === 'modelGroups/modelGroup') {
      const members = (attributes.models ?? '').split(',').map((member) => member.trim())
      groups.push({ name: named, models: members.filter((member) => member !== '') })
    }
  })
  parser.on('closetag', () => void open.pop())
  parser.on('error', (error) => {
    throw new LayoutError(`it is not well-formed XML (${error.message})`)
  })
  parser.write(xml.replace(/^\ufeff/, '')).close()
  if (models.length === 0 && groups.length === 0) throw new LayoutError('it has no models and no groups')
  return { isOwn: true, models, groups }
}

/** Returns what a part of the display is good for, by what xLights shows it as and by its name. */
export function roleOf(name: string, displayAs: string): Role {
  const text = `${displayAs} ${name}`.toLowerCase()
  const words: readonly (readonly [Role, RegExp])[] = [
    ['all', /\b(?:all|whole|house|everything|yard)\b/],
    ['face', /\b(?:faces?|singing|singers?|snowm[ae]n|santa|pumpkins?)\b/],
    ['tree', /tree/],
    ['matrix', /matri|panel|p10|p5\b|tune to/],
    ['spinner', /spinner|star\b|snowflake|wreath|circle|sphere/],
    ['arch', /arch|cane|hoop/],
    ['flood', /flood|wash|par\b|dumb rgb|moving ?head|dmx/],
    ['line', /line|roof|eave|gutter|window|fence|icicle|outline|string|poly/],
  ]
  return words.find(([, pattern]) => pattern.test(text))?.[0] ?? 'line'
}
