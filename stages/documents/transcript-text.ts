import { readCues } from '../cues/read-cues.ts'
import { type Document, DocumentError } from './document.ts'
import { documentText } from './speakable.ts'

/** A pause this long in a transcript begins another scene. */
const scenePauseMs = 2000
const longestSceneChars = 400

/** A text with who says it. */
interface Said {
  readonly text: string
  readonly speaker: string | undefined
}

/**
 * Reads a transcript (SRT, VTT). Rolling captions, in which each cue repeats the line before, are undone: a line that
 * was shown already is left out. Who speaks is what a voice tag says (`<v Anna>`), and begins another scene.
 *
 * @throws {DocumentError} where a time is not valid, or there are no cues.
 */
export function readTranscript(source: string): Document {
  const cues = readCues(source)
  if (!cues.ok) throw new DocumentError(`'${cues.error}' is not a cue time`)
  if (cues.value.length === 0) throw new DocumentError('there are no cues: it is not a subtitle file')
  const scenes: Said[] = []
  let shown: readonly string[] = []
  let lastEndMs = 0
  let speaking: string | undefined
  for (const { startMs, endMs, lines } of cues.value) {
    const plain = lines.map(withoutTags).filter((line) => line !== '')
    const fresh = plain.filter((line) => !shown.includes(line)).join(' ')
    shown = plain
    const speaker = speakerOf(lines)
    const last = scenes.at(-1)
    const isFull = last !== undefined && last.text.length > longestSceneChars && /[.!?…]["'”’)]*$/.test(last.text)
    if (fresh !== '') {
      const isOther = speaker !== speaking
      speaking = speaker
      if (last === undefined || startMs - lastEndMs >= scenePauseMs || isFull || isOther)
        scenes.push({ text: fresh, speaker })
      else scenes[scenes.length - 1] = { ...last, text: `${last.text} ${fresh}` }
    }
    lastEndMs = Math.max(lastEndMs, endMs)
  }
  return {
    sections: scenes.map(({ text, speaker }) => ({
      blocks: [{ kind: 'paragraph', text: documentText(text) }],
      ...(speaker === undefined ? {} : { speaker }),
    })),
  }
}

/** Returns who speaks in a cue, by its first voice tag (W3C WebVTT, section 4.2.2). */
function speakerOf(lines: readonly string[]): string | undefined {
  const name = /<v(?:\.[^\s>]*)?\s+([^>]+)>/.exec(lines.join(' '))?.[1]?.trim()
  return name === '' ? undefined : name
}

function withoutTags(line: string): string {
  return line
    .replace(/<[^>]*>|\{\\[^}]*\}/g, '')
    .replace(/&(amp|lt|gt|nbsp);/g, (_, name: string) => ({ amp: '&', lt: '<', gt: '>' })[name] ?? ' ')
    .trim()
}
