import type { Cue } from './cues.ts'
import { isRightToLeft } from './right-to-left.ts'
import { overriddenAss } from './styled/write-markup.ts'
import { centiseconds, clock } from './timestamp.ts'
import { wordJoiner } from './word-joiner.ts'

/** Returns a line in which players find no override: braces are escaped, and a backslash begins nothing, such as `\N`. */
export function escapeAss(line: string): string {
  return line.replaceAll('\\', `\\${wordJoiner}`).replaceAll('{', '\\{').replaceAll('}', '\\}')
}

const time = (ms: number) => `${clock(ms, 1)}.${centiseconds(ms)}`

const styleFields: readonly (readonly [name: string, value: string | number])[] = [
  ['Name', 'Default'],
  ['Fontname', 'Arial'],
  ['Fontsize', 54],
  ['PrimaryColour', '&H00FFFFFF'],
  ['SecondaryColour', '&H000000FF'],
  ['OutlineColour', '&H00000000'],
  ['BackColour', '&H80000000'],
  ['Bold', 0],
  ['Italic', 0],
  ['Underline', 0],
  ['StrikeOut', 0],
  ['ScaleX', 100],
  ['ScaleY', 100],
  ['Spacing', 0],
  ['Angle', 0],
  ['BorderStyle', 1],
  ['Outline', 3],
  ['Shadow', 1],
  ['Alignment', 2],
  ['MarginL', 60],
  ['MarginR', 60],
  ['MarginV', 50],
]

/** Returns the encoding that makes libass begin each line where its first letter does, for writing from right to left. */
function encodingOf(cues: readonly Cue[]): number {
  return cues.some(({ lines }) => lines.some(isRightToLeft)) ? -1 : 1
}

/** Returns cues as Advanced SubStation Alpha, white with an outline at the foot of the picture. */
export function formatAss(cues: readonly Cue[], title: string): string {
  const events = cues.map(
    (cue) => `Dialogue: 0,${time(cue.startMs)},${time(cue.endMs)},Default,,0,0,0,,${overriddenAss(cue, escapeAss)}`,
  )
  return `${[
    '[Script Info]',
    `Title: ${title}`,
    'ScriptType: v4.00+',
    'PlayResX: 1920',
    'PlayResY: 1080',
    'WrapStyle: 2',
    'ScaledBorderAndShadow: yes',
    '',
    '[V4+ Styles]',
    `Format: ${styleFields.map(([name]) => name).join(', ')}, Encoding`,
    `Style: ${styleFields.map(([, value]) => value).join(',')},${encodingOf(cues)}`,
    '',
    '[Events]',
    'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
    ...events,
  ].join('\n')}\n`
}
