import type { HouseProfile } from './profile.ts'

interface Spoken {
  readonly text: string
  readonly speaker?: string | undefined
  readonly words?: readonly { readonly text: string }[]
}

/**
 * Marks where another person begins to speak, as a house does it: with a dash, or with the name of who speaks. The mark is
 * part of the first word, so that it takes its room in the line.
 */
export function markSpeakers<T extends Spoken>(
  utterances: readonly T[],
  marks: HouseProfile['speakers'],
  names: readonly string[],
): readonly T[] {
  let before: string | undefined
  const isDialogue = new Set(utterances.flatMap(({ speaker }) => speaker ?? [])).size > 1
  return utterances.map((utterance) => {
    const { speaker, text, words } = utterance
    const isNew = speaker !== undefined && speaker !== before
    before = speaker ?? before
    if (!isNew || !isDialogue) return utterance
    const mark = marks === 'label' ? `[${nameOf(speaker, names)}] ` : marks
    const [first, ...rest] = words ?? []
    return {
      ...utterance,
      text: mark + text,
      ...(first === undefined ? {} : { words: [{ ...first, text: mark + first.text.trimStart() }, ...rest] }),
    }
  })
}

/** Returns the name of a speaker: the one that was given, in the order in which they begin to speak, or a number. */
export function nameOf(speaker: string, names: readonly string[]): string {
  return names[Number(speaker) - 1] ?? `Speaker ${speaker}`
}
