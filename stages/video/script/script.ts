import { readFile } from 'node:fs/promises'
import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { Document, DocumentError } from '../../documents/document.ts'
import { languageParam } from '../../languages/languages.ts'
import { schema } from '../../schema/schema.ts'
import { DocumentPictures } from './pictures.ts'
import { Script } from './scene.ts'
import { writeScript } from './write-script.ts'

/** Makes scenes of a document, by rules. */
export const script = defineStage({
  name: 'script',
  version: 5,
  description: 'Makes scenes of the document: what each one shows, and what is said',
  inputs: { document: json(Document), pictures: json(DocumentPictures), lexicon: optional(file()) },
  params: schema(() =>
    z.object({
      language: z.prefault(languageParam(), 'en'),
      /** Voices by roles of the document. */
      roles: z.optional(z.record(z.string(), z.string())),
      /** Whether what speaks takes the sounds of words. */
      knowsIpa: z.optional(z.boolean()),
    }),
  ),
  outputs: { script: json(Script) },
  async run({ inputs, params, log, warn, fail }) {
    const voices = { ...inputs.document.voices, ...params.roles }
    const document = Object.keys(voices).length === 0 ? inputs.document : { ...inputs.document, voices }
    const made = writeScript(document, inputs.pictures, params.language)
    log(`${made.scenes.length} scenes`)
    if (inputs.lexicon === undefined) return { script: made }
    const { knowsIpa = false } = params
    // Loaded late: it reads YAML and XML, and most runs have no lexicon.
    const { lexiconOf, readLexicon } = await import('../../documents/lexicon.ts')
    const source = await readFile(inputs.lexicon, 'utf8')
    const words = wordsIn(() => readLexicon(source), fail)
    const lexicon = lexiconOf(words, { knowsIpa })
    const scenes = made.scenes.map((scene) => {
      const pieces = scene.speech.pieces.map((piece) => ({
        ...piece,
        text: lexicon.spoken(piece.caption) ?? piece.text,
      }))
      return { ...scene, speech: { ...scene.speech, pieces } }
    })
    log(`${lexicon.met.size} of ${words.length} words of the lexicon are spoken`)
    for (const { term, alias } of words) {
      if (!knowsIpa && alias === undefined && lexicon.met.has(term))
        warn(`the lexicon gives '${term}' in sounds alone, which what speaks does not take: give it an alias, too`)
    }
    return { script: { ...made, scenes } }
  },
})

function wordsIn<Words>(read: () => Words, fail: (message: string) => never): Words {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    return fail(`the input 'lexicon' cannot be read: ${error.message}`)
  }
}
