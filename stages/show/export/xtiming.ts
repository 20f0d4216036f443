import type { Mark } from './frames.ts'

/** A track of timing marks of xLights: one layer, or three for lyrics (phrases, words, mouths). */
export interface TimingTrack {
  readonly name: string
  readonly layers: readonly (readonly Mark[])[]
}

/** The version of xLights whose format this is. */
const sourceVersion = '2026.16'

/**
 * Returns tracks as an `.xtiming` file of xLights: one `timing`, or several in `timings`. Times are whole milliseconds on the
 * grid of frames, marks are in order and do not overlap.
 */
export function formatXtiming(tracks: readonly TimingTrack[]): string {
  const timings = tracks.flatMap(({ name, layers }) => [
    `<timing name="${xmlText(name)}" subType="" SourceVersion="${sourceVersion}">`,
    ...layers.flatMap((marks) => [
      '   <EffectLayer>',
      ...marks.map(
        ({ label, startMs, endMs }) =>
          `      <Effect label="${xmlText(label)}" starttime="${startMs}" endtime="${endMs}" />`,
      ),
      '   </EffectLayer>',
    ]),
    '</timing>',
  ])
  const root = tracks.length === 1 ? timings : ['<timings>', ...timings, '</timings>']
  return ['<?xml version="1.0" encoding="UTF-8"?>', ...root, ''].join('\n')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
}

/** Returns a text as it stands in an attribute of XML 1.0. */
export function xmlText(text: string): string {
  // Lone halves of surrogate pairs, noncharacters and control characters cannot be written in XML.
  const allowed = text.replace(/(?![\t\n\r])[\p{Cc}\p{Cs}]|[\ufffe\uffff]/gu, '')
  return allowed
    .replace(/[&<>'"]/g, (letter) => entities[letter] ?? letter)
    .replace(/[\t\n\r]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}

/**
 * Returns a name that xLights keeps as it is: ASCII without the characters that it strips, unlike those that are taken. A
 * track with the name of a model would break the sequence.
 */
export function trackName(wanted: string, taken: ReadonlySet<string>): string {
  const plain =
    asciiText(wanted)
      .replace(/[=<>&"']/g, '')
      .trim() || 'Track'
  let name = plain
  for (let number = 2; taken.has(name); number++) name = `${plain} ${number}`
  return name
}

/** Returns a text in ASCII: letters lose their accents, and what is still another letter becomes a question mark. */
export function asciiText(text: string): string {
  const plain = text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
  return plain
    .replace(/[\u2013\u2014]/g, '-')
    .replace(/\u2026/g, '...')
    .replace(/[^\x20-\x7e]/gu, '?')
}
