import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { Transcript } from '../../speech/transcript.ts'
import { inKnownWords } from './known-words.ts'

/** Gives the words of a transcript the times of what was recognized all at once. */
export const align = defineStage({
  name: 'align',
  version: 2,
  description:
    'Gives the words of a transcript the times of what was heard; without one, leaves them as they were heard',
  inputs: { heard: json(Transcript), transcript: optional(file()) },
  params: schema(() => z.object({})),
  outputs: { speech: json(Transcript) },
  async run({ inputs: { heard, transcript }, log, warn, fail }) {
    const utterances = await inKnownWords(heard.utterances, transcript, heard.language, { log, warn, fail })
    return { speech: { ...heard, utterances: [...utterances] } }
  },
})
