import { createHash } from 'node:crypto'
import { defineStage, json, many } from 'reprise'
import * as z from 'zod/mini'
import { type Block, Document, type Section } from '../../documents/document.ts'
import { captionText, documentText, isSpeakable, speakable } from '../../documents/speakable.ts'
import { askJson } from '../../language-model/ask-json.ts'
import { keyedLanguageModel, languageModelKey } from '../../language-model/language-model.ts'
import { languageParam } from '../../languages/languages.ts'
import { described, schema, type ValueOf } from '../../schema/schema.ts'

const sectionFields = () =>
  z.object({
    /** A digest of what it says: the same section elsewhere is asked for once. */
    id: z.string(),
    /** What the document is about. */
    film: z.string(),
    title: z.string(),
    text: z.array(z.string()),
  })

/** A section of a document as a language model is given it. */
const SectionToWrite = schema(sectionFields)
const WrittenSection = schema(() =>
  z.object({ id: z.string(), bullets: z.array(z.string()), say: z.string(), tokens: z.number() }),
)
type SectionToWrite = ValueOf<typeof SectionToWrite>

const mostBullets = 5
const mostBulletChars = 90
const mostWords = 140

const Answer = z.object({ bullets: z.array(z.string()), say: z.string() })
const answerSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['bullets', 'say'],
  properties: { bullets: { type: 'array', items: { type: 'string' } }, say: { type: 'string' } },
}

/** Returns the sections that a language model is to write, each once. Those with words of the author's own are left as they are. */
export function sectionsToWrite({ title, sections }: Document): SectionToWrite[] {
  const made = new Map<string, SectionToWrite>()
  for (const section of sections) {
    const given = givenOf(section, title)
    if (given !== undefined) made.set(given.id, given)
  }
  return [...made.values()]
}

function givenOf(section: Section, film = ''): SectionToWrite | undefined {
  const text = section.blocks.flatMap(textOf)
  if (section.say !== undefined || text.length === 0) return undefined
  const title = section.title?.shown ?? ''
  const id = createHash('sha256')
    .update(JSON.stringify([film, title, text]))
    .digest('hex')
    .slice(0, 12)
  return { id, film, title, text }
}

function textOf(block: Block): string[] {
  switch (block.kind) {
    case 'paragraph':
    case 'bullet':
    case 'quote':
      return [block.text.shown]
    case 'code':
      return [block.code]
    case 'table':
      return block.rows.map((row) => row.join(' | '))
    case 'image':
      return block.alt === '' ? [] : [`Picture: ${block.alt}`]
    default:
      return block satisfies never
  }
}

/** Returns what the model is told. */
export function narrationPrompt(language: string): string {
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(language) ?? language
  return [
    `You write the narration of a film that explains a document, in ${name}.`,
    'You are given JSON: "film" is the title of the document; "title" and "text" are the section that you write.',
    'Answer with JSON alone: {"bullets": ["..."], "say": "..."}.',
    `"say" is what is spoken, in whole sentences that are easy to follow by ear, at most ${mostWords} words: no addresses, code, lists, marks of Markdown or emoji.`,
    `"bullets" is what is shown beside it: at most ${mostBullets} short points, or none where code, a table or a picture is shown.`,
    'Say nothing that the section does not say, and no number that it does not have.',
  ].join('\n')
}

function readAnswer(answer: unknown, { title, film, text }: SectionToWrite) {
  const wrong = (error: string) => ({ ok: false as const, error })
  const read = Answer.safeParse(answer)
  if (!read.success) return wrong('it is not {"bullets": [string], "say": string}')
  const say = read.data.say.replace(/\s+/g, ' ').trim()
  if (!isSpeakable(speakable(say))) return wrong('"say" is empty')
  if (captionText(say) !== say || /[#[\]{}<>|\\]|\p{L}_\p{L}/u.test(say))
    return wrong('"say" has addresses, marks of Markdown, code or emoji, which nobody can say')
  const words = say.split(' ').length
  if (words > mostWords) return wrong(`"say" has ${words} words; at most ${mostWords} are allowed`)
  const numbers = (words: string) => words.match(/\d+(?:[.,]\d+)*/g) ?? []
  const known = new Set(numbers([title, film, ...text].join(' ')))
  const invented = numbers(say).find((number) => !known.has(number))
  if (invented !== undefined) return wrong(`the number ${invented} in "say" is not in the section`)
  const bullets = read.data.bullets.map((bullet) => documentText(captionText(bullet)).shown).filter(isSpeakable)
  if (bullets.length > mostBullets)
    return wrong(`there are ${bullets.length} bullets; at most ${mostBullets} are allowed`)
  const long = bullets.find((bullet) => bullet.length > mostBulletChars)
  if (long !== undefined) return wrong(`the bullet '${long}' is longer than ${mostBulletChars} characters`)
  return { ok: true as const, value: { bullets, say } }
}

/** What to do where a model has not written a section. */
const adviceOn = {
  busy: '; what is written is kept: run again when the server is back',
  refused: '; check REPRISE_LLM_ADDRESS, REPRISE_LLM_MODEL and REPRISE_LLM_KEY',
  /** The message says it. */
  offline: '',
  wrong: '; take another model, or the text as it is: -p writer=rules',
}

/** Lets a language model write what is said in a section. */
export const writeSection = defineStage({
  name: 'write',
  version: 1,
  description: 'Lets a language model write what is said and shown in a section; its answer is checked',
  inputs: { section: json(SectionToWrite) },
  params: schema(() =>
    z.object({
      language: z.prefault(languageParam(), 'en'),
      temperature: described(z._default(z.number(), 0), 'how much the model may vary'),
    }),
  ),
  outputs: { written: json(WrittenSection) },
  services: { model: keyedLanguageModel, key: languageModelKey },
  resources: { pool: 'io' },
  deterministic: false,
  async run({ inputs, params, services, signal, log, fail }) {
    const { id, ...given } = inputs.section
    const asked = await askJson(
      services.model,
      {
        messages: [
          { role: 'system', content: narrationPrompt(params.language) },
          { role: 'user', content: JSON.stringify(given) },
        ],
        temperature: params.temperature,
        schema: { name: 'narration', schema: answerSchema },
        read: (answer) => readAnswer(answer, inputs.section),
      },
      { signal, log },
    )
    if (!asked.ok) return fail(`the section '${given.title}': ${asked.error.message}${adviceOn[asked.error.kind]}`)
    return { written: { id, ...asked.value, tokens: asked.tokens } }
  },
})

/** Puts what a language model wrote into the document; code, tables, quotes and pictures stay. */
export const composeDocument = defineStage({
  name: 'compose',
  version: 1,
  description: 'Puts what the language model wrote into the document; code, tables, quotes and pictures stay',
  inputs: { document: json(Document), written: many(json(WrittenSection)) },
  params: schema(() => z.object({})),
  outputs: { document: json(Document) },
  run({ inputs, log }) {
    const { document } = inputs
    const byId = new Map(inputs.written.map((one) => [one.id, one]))
    const sections = document.sections.map((section): Section => {
      const given = givenOf(section, document.title)
      const one = given === undefined ? undefined : byId.get(given.id)
      if (one === undefined) return section
      const kept = section.blocks.filter(({ kind }) => kind !== 'paragraph' && kind !== 'bullet')
      const bullets = one.bullets.map((text): Block => ({ kind: 'bullet', text: documentText(text), depth: 0 }))
      return { ...section, blocks: [...bullets, ...kept], say: one.say }
    })
    const tokens = inputs.written.reduce((sum, one) => sum + one.tokens, 0)
    log(
      `${byId.size} sections are written by the model${tokens > 0 ? `; ${tokens} tokens, where the server counts them` : ''}`,
    )
    return { document: { ...document, sections } }
  },
})

/** Returns the params that say who writes the script. */
export function writerParams() {
  return {
    writer: described(
      z._default(z.enum(['rules', 'llm']), 'rules'),
      'who writes what is said: rules take the text as it is; llm asks a language model (REPRISE_LLM_ADDRESS, REPRISE_LLM_MODEL)',
    ),
    temperature: described(
      z._default(z.number().check(z.gte(0), z.lte(2)), 0),
      'how much the language model may vary, from 0 to 2',
    ),
  }
}
