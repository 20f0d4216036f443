import * as z from 'zod/mini'
import type { Block, Document, Section } from './document.ts'
import { readYaml } from './front-matter.ts'
import { documentText } from './speakable.ts'

const seconds = () => z.number().check(z.gte(0), z.lte(600))

const scene = () =>
  z.strictObject({
    title: z.optional(z.string()),
    say: z.optional(z.string()),
    show: z.optional(z.union([z.string(), z.array(z.string())])),
    code: z.optional(z.union([z.string(), z.strictObject({ language: z.optional(z.string()), text: z.string() })])),
    quote: z.optional(z.string()),
    table: z.optional(z.array(z.array(z.union([z.string(), z.number()])))),
    image: z.optional(z.string()),
    alt: z.optional(z.string()),
    voice: z.optional(z.string()),
    pause: z.optional(seconds()),
    duration: z.optional(seconds()),
  })

/** A script in YAML: what each scene says and shows. */
export const yamlScript = () =>
  z.strictObject({
    title: z.optional(z.string()),
    language: z.optional(z.string()),
    voice: z.optional(z.string()),
    theme: z.optional(z.string()),
    scenes: z.array(scene()).check(z.minLength(1, 'there must be at least one scene')),
  })

/** Reads a script in YAML; throws a `DocumentError` with line and column. */
export function readYamlScript(source: string): Document {
  const { scenes, ...settings } = readYaml(source, yamlScript())
  return { ...settings, sections: scenes.map(sectionOf) }
}

function sectionOf(scene: z.output<ReturnType<typeof yamlScript>>['scenes'][number]): Section {
  const { title, say, show, code, quote, table, image, alt, voice, pause, duration } = scene
  const blocks: Block[] = []
  if (typeof show === 'string') blocks.push({ kind: 'paragraph', text: documentText(show) })
  for (const item of Array.isArray(show) ? show : [])
    blocks.push({ kind: 'bullet', text: documentText(item), depth: 0 })
  if (code !== undefined) {
    const { text, language } = typeof code === 'string' ? { text: code, language: undefined } : code
    blocks.push({ kind: 'code', code: text.replace(/\n+$/, ''), ...(language === undefined ? {} : { language }) })
  }
  if (quote !== undefined) blocks.push({ kind: 'quote', text: documentText(quote) })
  if (table !== undefined) blocks.push({ kind: 'table', rows: table.map((row) => row.map(String)) })
  if (image !== undefined) blocks.push({ kind: 'image', path: image, alt: alt ?? '' })
  return {
    ...(title === undefined ? {} : { title: documentText(title) }),
    blocks,
    ...(say === undefined ? {} : { say }),
    ...(voice === undefined ? {} : { voice }),
    ...(pause === undefined ? {} : { pauseS: pause }),
    ...(duration === undefined ? {} : { durationS: duration }),
  }
}
