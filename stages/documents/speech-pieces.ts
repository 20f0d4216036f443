import { charCount } from '../cues/lines.ts'
import { captionText, isSpeakable, speakable } from './speakable.ts'

/** What is spoken in one breath, and the silence after it, in seconds. */
export interface SpeechPiece {
  /** What is spoken. */
  readonly text: string
  /** What captions show of it. */
  readonly caption: string
  readonly pauseS: number
}

/** What fits into a caption of two lines. */
const longestPiece = 84
const shortestPiece = 24

/** The silences of a speaker who reads aloud, in seconds. */
const pauses = { sentence: 0.38, clause: 0.14, paragraph: 0.62 }

const clauseEnd = /[,;:–—]["'”’)]*$/u

/**
 * Returns a text, as it is shown, in pieces that are spoken one by one, so that the time of each is known exactly: sentences, and where
 * one is longer than a caption, its clauses. A sentence without a place to breathe stays whole.
 */
export function speechPieces(text: string, language: string): SpeechPiece[] {
  const pieces = sentences(text, language).flatMap((sentence) => {
    const clauses = clausesOf(captionText(sentence)).filter((clause) => isSpeakable(speakable(clause)))
    return clauses.map((clause, index) => ({
      text: speakable(clause),
      caption: clause,
      pauseS: index === clauses.length - 1 ? pauses.sentence : pauses.clause,
    }))
  })
  return pieces.map((piece, index) => (index === pieces.length - 1 ? { ...piece, pauseS: pauses.paragraph } : piece))
}

/** Returns the sentences of a text that have something to say. */
export function sentences(text: string, language: string): string[] {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' })
  return [...segmenter.segment(text)]
    .map(({ segment }) => segment.trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}

function clausesOf(sentence: string): string[] {
  if (charCount(sentence) <= longestPiece) return [sentence]
  const clauses: string[] = []
  let clause = ''
  for (const word of sentence.split(/\s+/u)) {
    clause = clause === '' ? word : `${clause} ${word}`
    if (clauseEnd.test(word) && charCount(clause) >= shortestPiece) {
      clauses.push(clause)
      clause = ''
    }
  }
  if (clause === '') return clauses
  const last = clauses.at(-1)
  if (last !== undefined && charCount(clause) < shortestPiece) clauses[clauses.length - 1] = `${last} ${clause}`
  else clauses.push(clause)
  return joinShort(clauses)
}

/** Joins clauses that fit into one caption. */
function joinShort(clauses: readonly string[]): string[] {
  const joined: string[] = []
  for (const clause of clauses) {
    const last = joined.at(-1)
    if (last !== undefined && charCount(last) + 1 + charCount(clause) <= longestPiece)
      joined[joined.length - 1] = `${last} ${clause}`
    else joined.push(clause)
  }
  return joined
}
