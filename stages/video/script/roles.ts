import type { Document, Section } from '../../documents/document.ts'

/** The role that speaks where a document does not say who. */
const narrator = 'narrator'

/** Returns the voice of a section, where the document tells one: by its name, or by what the document calls it. */
export function voiceOf({ voice, speaker }: Section, { voice: usual, voices = {} }: Document): string | undefined {
  const named = (name: string | undefined) =>
    name !== undefined && Object.hasOwn(voices, name) ? voices[name] : undefined
  const own = voice === undefined ? undefined : (named(voice) ?? voice)
  return own ?? named(speaker) ?? named(usual) ?? usual ?? named(narrator)
}
