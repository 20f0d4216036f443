import { readCues } from '../cues/read-cues.ts'
import { type Document, DocumentError } from './document.ts'
import { documentText } from './speakable.ts'

/** A pause this long in a transcript begins another scene. */
const scenePauseMs = 2000
const longestSceneChars = 400

/**
 * Reads a transcript (SRT, VTT). Rolling captions, in which each cue repeats the line before, are undone: a line that
 * was shown already is left out.
 *
 * @throws {DocumentError} where a time is not valid, or there are no cues.
 */
export function readTranscript(source: string): Document {
  const cues = readCues(source)
  if (!cues.ok) throw new DocumentError(`'${cues.error}' is not a cue time`)
  if (cues.value.length === 0) throw new DocumentError('there are no cues: it is not a subtitle file')
  const scenes: string[] = []
  let shown: readonly string[] = []
  let lastEndMs = 0
  for (const { startMs, endMs, lines } of cues.value) {
    const plain = lines.map(withoutTags).filter((line) => line !== '')
    const fresh = plain.filter((line) => !shown.includes(line)).join(' ')
    shown = plain
    const text = scenes.at(-1)
    const isFull = text !== undefined && text.length > longestSceneChars && /[.!?…]["'”’)]*$/.test(text)
    if (fresh !== '') {
      if (text === undefined || startMs - lastEndMs >= scenePauseMs || isFull) scenes.push(fresh)
      else scenes[scenes.length - 1] = `${text} ${fresh}`
    }
    lastEndMs = Math.max(lastEndMs, endMs)
  }
  return { sections: scenes.map((text) => ({ blocks: [{ kind: 'paragraph', text: documentText(text) }] })) }
}

function withoutTags(line: string): string {
  return line
    .replace(/<[^>]*>|\{\\[^}]*\}/g, '')
    .replace(/&(amp|lt|gt|nbsp);/g, (_, name: string) => ({ amp: '&', lt: '<', gt: '>' })[name] ?? ' ')
    .trim()
}
