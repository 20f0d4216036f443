import { readFile } from 'node:fs/promises'
import { DocumentError } from '../../documents/document.ts'
import { saidParagraphs } from '../../documents/said-paragraphs.ts'
import type { Utterance } from '../../speech/transcript.ts'
import { alignTranscript } from './align-transcript.ts'

/** A text with fewer of the words that were heard is one of something else. */
const leastLikeness = 0.15
const mostNamed = 3

interface Host {
  readonly log: (line: string) => void
  readonly warn: (line: string) => void
  readonly fail: (message: string) => never
}

/** Returns what was said in the words of a transcript, with the times of what was heard; without one, as it was heard. */
export async function inKnownWords(
  heard: readonly Utterance[],
  transcript: string | undefined,
  language: string,
  { log, warn, fail }: Host,
): Promise<readonly Utterance[]> {
  if (transcript === undefined) return heard
  const paragraphs = await saidParagraphs(await readFile(transcript)).catch((error: unknown) => {
    if (!(error instanceof DocumentError)) throw error
    return fail(`the input 'transcript' cannot be read: ${error.message}`)
  })
  const { utterances, unheard, added, likeness } = alignTranscript(paragraphs, heard, language)
  const share = `${Math.round(likeness * 100)} % of the words that were heard are in it`
  if (heard.length > 0 && likeness < leastLikeness)
    return fail(`the input 'transcript' is not what is said here: ${share}; pass the text of this recording`)
  log(`the words are those of the transcript: ${share}`)
  if (unheard.length > 0) {
    const named = unheard.slice(0, mostNamed).map((sentence) => `"${sentence}"`)
    const more = unheard.length > mostNamed ? ', ...' : ''
    warn(
      `not said, and left out of the subtitles: ${unheard.length} of the transcript's sentences (${named.join(', ')}${more})`,
    )
    for (const sentence of unheard) log(`not said: ${sentence}`)
  }
  if (added > 0) log(`${added} words that the transcript lacks are as they were heard`)
  return utterances
}
