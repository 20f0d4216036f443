import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { Document } from '../documents/document.ts'
import { languageParam } from '../languages/languages.ts'
import { schema } from '../schema/schema.ts'
import { DocumentPictures } from './pictures.ts'
import { Script } from './scene.ts'
import { writeScript } from './write-script.ts'

/** Makes scenes of a document, by rules. */
export const script = defineStage({
  name: 'script',
  version: 2,
  description: 'Makes scenes of the document: what each one shows, and what is said',
  inputs: { document: json(Document), pictures: json(DocumentPictures) },
  params: schema(() => z.object({ language: z.prefault(languageParam(), 'en') })),
  outputs: { script: json(Script) },
  run({ inputs, params, log }) {
    const made = writeScript(inputs.document, inputs.pictures, params.language)
    log(`${made.scenes.length} scenes`)
    return { script: made }
  },
})
