import type { Transcript } from '../../speech/transcript.ts'
import type { Correction, Corrections } from './corrections.ts'
import { mergeCorrections } from './merge.ts'
import { isSameText } from './merge-words.ts'
import { movedBy, textOf } from './pieces.ts'

/** What was said, when, without the times of words. */
export type SaidText = Pick<Transcript['utterances'][number], 'startS' | 'endS' | 'text' | 'speaker'>

/**
 * Returns the corrections of what is said that change words, with times from the start of the clip; undefined without any.
 * Those that move or cut cues are nothing to a translator.
 */
export function wordCorrections(
  { tracks }: Corrections,
  language: string,
  clipStartS: number,
): readonly Correction[] | undefined {
  const changed = (tracks[language] ?? []).filter(({ base, cues }) => !isSameText(textOf(base), textOf(cues)))
  const offsetMs = -Math.round(clipStartS * 1000)
  const moved = changed.map(({ base, cues }) => ({ base: movedBy(base, offsetMs), cues: movedBy(cues, offsetMs) }))
  return moved.length === 0 ? undefined : moved
}

/** Returns what is said as a person corrected it: the words of its subtitles are put in place of those that were heard. */
export function correctSpeech(
  { utterances, durationS, language }: Transcript,
  corrections: readonly Correction[] = [],
): readonly SaidText[] {
  if (corrections.length === 0) return utterances
  const heard = utterances.map(({ startS, endS, text }) => ({
    startMs: Math.round(startS * 1000),
    endMs: Math.round(endS * 1000),
    lines: [text],
  }))
  const options = {
    language,
    maxLineChars: Number.POSITIVE_INFINITY,
    offsetMs: 0,
    durationMs: Math.floor(durationS * 1000),
  }
  let at = 0
  return mergeCorrections(heard, corrections, options).pieces.flatMap((piece): readonly SaidText[] => {
    const own = utterances.slice(at, at + piece.computed.length)
    at += piece.computed.length
    if (piece.corrections.length === 0) return own
    const speaker = own[0]?.speaker
    return piece.shown.map(({ startMs, endMs, lines }) => ({
      ...(speaker === undefined ? {} : { speaker }),
      startS: startMs / 1000,
      endS: endMs / 1000,
      text: lines.join(' '),
    }))
  })
}
