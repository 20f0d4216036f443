import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { wordCorrections } from '../../cues/corrections/correct-speech.ts'
import { Corrections, TrackCorrections } from '../../cues/corrections/corrections.ts'
import { clipParams } from '../../media/clip.ts'
import { schema } from '../../schema/schema.ts'
import { SpokenLanguage } from '../../speech/language/spoken-language.ts'

/** Takes the corrections of what is said from those of all tracks, where the spoken language was found. */
export const spokenCorrections = defineStage({
  name: 'spoken-corrections',
  version: 1,
  description: 'Takes what a person corrected in the words of the spoken language, for what is translated',
  inputs: { corrections: json(Corrections), spoken: json(SpokenLanguage) },
  params: schema(() => z.object({ clipStartS: clipParams().clipStartS })),
  outputs: { said: json(TrackCorrections) },
  run: ({ inputs, params }) => ({
    said: [...(wordCorrections(inputs.corrections, inputs.spoken.language, params.clipStartS ?? 0) ?? [])],
  }),
})
