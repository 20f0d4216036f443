import * as z from 'zod/mini'
import { described } from '../schema/schema.ts'
import type { Block, Document, Section } from './document.ts'
import { readYaml } from './front-matter.ts'
import { documentText } from './speakable.ts'

const seconds = () => z.number().check(z.gte(0), z.lte(600))
const text = (description: string) => described(z.optional(z.string()), description)

const scene = () =>
  z.strictObject({
    title: text('the title of the scene, and of its chapter'),
    say: text('what is said; by default what is shown'),
    show: described(z.optional(z.union([z.string(), z.array(z.string())])), 'a text, or a list of points'),
    code: described(
      z.optional(z.union([z.string(), z.strictObject({ language: z.optional(z.string()), text: z.string() })])),
      'code, which is shown highlighted and not read out',
    ),
    quote: text('a quotation'),
    table: described(
      z.optional(z.array(z.array(z.union([z.string(), z.number()])))),
      'the rows of a table, the first one its head',
    ),
    image: text('the path of a picture, from the folder of pictures'),
    alt: text('words that stand for the picture'),
    voice: text('who speaks, such as bf_emma, or a name of voices'),
    pause: described(z.optional(seconds()), 'silence after the scene, in seconds'),
    duration: described(z.optional(seconds()), 'how long the scene lasts at least, in seconds'),
  })

/** A script in YAML: what each scene says and shows. */
export const yamlScript = () =>
  z.strictObject({
    title: text('the title of the film'),
    language: text('the language that is spoken: ISO 639'),
    voice: text('who speaks, where a scene does not say'),
    voices: described(
      z.optional(z.record(z.string(), z.string())),
      'voices by names of your own, such as narrator: bf_emma, for the scenes to name; narrator speaks where a scene does not say',
    ),
    theme: text('the colours: midnight, paper, ocean, forest, sunset or snow'),
    scenes: described(
      z.array(scene()).check(z.minLength(1, 'there must be at least one scene')),
      'the scenes, in order',
    ),
  })

/** Returns the JSON Schema of a script in YAML (draft 2020-12), for editors. */
export function scriptJsonSchema(): object {
  return { title: 'A script of a narrated video', ...z.toJSONSchema(yamlScript(), { io: 'input' }) }
}

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
