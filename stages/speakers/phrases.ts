import type { Transcript, Utterance, Word } from '../speech/transcript.ts'

/** Words between which nobody else begins to speak: until a pause, or the end of a sentence. */
export type Phrase = readonly [Word, ...Word[]]

/** A shorter pause is between two words of a sentence. */
const pauseS = 0.25
const sentenceEnd = /[.!?…。！？]["'”’»)]*$/u

/** Returns what was said in phrases. */
export function phrasesOf({ utterances }: Pick<Transcript, 'utterances'>): readonly Phrase[] {
  return utterances.flatMap(({ words }) => {
    const phrases: [Word, ...Word[]][] = []
    for (const word of words) {
      const last = phrases.at(-1)
      const before = last?.at(-1)
      const isNew = before === undefined || word.startS - before.endS >= pauseS || sentenceEnd.test(before.text)
      if (last === undefined || isNew) phrases.push([word])
      else last.push(word)
    }
    return phrases
  })
}

/** Returns what was said with who said it: an utterance of several speakers becomes one for each. */
export function withSpeakers(utterances: readonly Utterance[], speakerOf: ReadonlyMap<Word, string>): Utterance[] {
  return utterances.flatMap((utterance): readonly Utterance[] => {
    const parts: { speaker: string | undefined; words: [Word, ...Word[]] }[] = []
    for (const word of utterance.words) {
      const speaker = speakerOf.get(word)
      const named = speaker === undefined ? word : { ...word, speaker }
      const last = parts.at(-1)
      if (last !== undefined && last.speaker === speaker) last.words.push(named)
      else parts.push({ speaker, words: [named] })
    }
    if (parts.length <= 1) {
      const [part] = parts
      return [part?.speaker === undefined ? utterance : { ...utterance, speaker: part.speaker, words: part.words }]
    }
    return parts.map(({ speaker, words }, index) => {
      const [first] = words
      const last = words.at(-1) ?? first
      return {
        startS: index === 0 ? utterance.startS : first.startS,
        endS: index === parts.length - 1 ? utterance.endS : last.endS,
        text: words.map(({ text }) => text).join(' '),
        words,
        ...(speaker === undefined ? {} : { speaker }),
      }
    })
  })
}
