import { defineStage, file, json, many, optional } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { SpokenLanguage, spokenOrFoundParam } from '../../speech/language/spoken-language.ts'
import { SegmentPlaces } from '../../speech/segments/places.ts'
import { stitched } from '../../speech/segments/stitch.ts'
import { AudioInfo, Transcript } from '../../speech/transcript.ts'
import { inKnownWords } from './known-words.ts'

/** Puts together what was recognized in each segment. */
export const stitch = defineStage({
  name: 'stitch',
  version: 4,
  description:
    'Puts together what is said in each segment: no word twice at a cut, and none left out; in the words of a transcript, if there is one',
  inputs: {
    speeches: many(json(Transcript), { named: true }),
    places: json(SegmentPlaces),
    info: json(AudioInfo),
    spoken: optional(json(SpokenLanguage)),
    transcript: optional(file()),
  },
  params: schema(() => z.object({ language: spokenOrFoundParam('the language that is spoken') })),
  outputs: { speech: json(Transcript) },
  async run({ inputs, params, log, warn, fail }) {
    const speeches = new Map(inputs.speeches.map(({ item, value }) => [item, value]))
    const segments = inputs.places.map((place) => {
      const speech = speeches.get(place.file)
      return speech === undefined ? fail(`the segment ${place.file} was not recognized`) : { place, speech }
    })
    const heard = stitched(segments)
    if (heard.length === 0) log('nothing was recognized: the subtitles will be empty')
    const language = inputs.spoken?.language ?? params.language
    const utterances = await inKnownWords(heard, inputs.transcript, language, { log, warn, fail })
    return { speech: { language, durationS: inputs.info.durationS, utterances: [...utterances] } }
  },
})
