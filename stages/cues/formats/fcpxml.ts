import { html } from 'reprise'
import type { Cue } from '../cues.ts'
import { decodedXml } from './xml-text.ts'

export interface FcpxmlOptions {
  /** BCP 47. */
  readonly language: string
  readonly title: string
  /** How long a frame is: numerator and denominator of a second, such as 1001/24000. */
  readonly frame: readonly [numerator: number, denominator: number]
}

/** Returns cues as captions (iTT) in a gap of Final Cut Pro (FCPXML 1.8, "Captions"), with times in whole frames. */
export function formatFcpxml(cues: readonly Cue[], { language, title, frame }: FcpxmlOptions): string {
  const [numerator, denominator] = frame
  const frameOf = (ms: number) => Math.round((ms * denominator) / (1000 * numerator))
  const time = (count: number) => `${count * numerator}/${denominator}s`
  const lengthFrames = frameOf(cues.at(-1)?.endMs ?? 0) + 1
  const captions = cues.map(({ startMs, endMs, lines }, index) => {
    const from = frameOf(startMs)
    const length = Math.max(1, frameOf(endMs) - from)
    const style = `ts${index + 1}`
    return html`
            <caption lane="1" offset="${time(from)}" name="${lines.join(' ')}" duration="${time(length)}" start="0s" role="iTT?captionFormat=ITT.${language}">
              <text placement="bottom"><text-style ref="${style}">${lines.join('\n')}</text-style></text>
              <text-style-def id="${style}"><text-style font=".SF NS Text" fontSize="13" fontFace="Regular" fontColor="1 1 1 1" backgroundColor="0 0 0 1"/></text-style-def>
            </caption>`
  })
  return html`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.8">
  <resources>
    <format id="r1" frameDuration="${`${numerator}/${denominator}s`}" width="1920" height="1080"/>
  </resources>
  <library>
    <event name="${title}">
      <project name="${title}">
        <sequence format="r1" duration="${time(lengthFrames)}" tcStart="0s">
          <spine>
            <gap name="Gap" offset="0s" start="0s" duration="${time(lengthFrames)}">${captions}
            </gap>
          </spine>
        </sequence>
      </project>
    </event>
  </library>
</fcpxml>
`.text
}

/** Returns the captions of FCPXML: those that lie in a gap or a clip of the main story, in order; undefined for other XML. */
export function readFcpxml(text: string): readonly Cue[] | undefined {
  if (!/<fcpxml[\s>]/.test(text)) return undefined
  const cues: Cue[] = []
  let shiftMs = 0
  for (const { 1: name = '', 2: attributes = '', index } of text.matchAll(
    /<(gap|clip|asset-clip|sync-clip|ref-clip|caption)((?:\s+[\w:-]+="[^"]*")*)\s*\/?>/g,
  )) {
    const of = (field: string) => secondsMs(new RegExp(`\\s${field}="([^"]*)"`).exec(attributes)?.[1])
    if (name !== 'caption') {
      shiftMs = (of('offset') ?? 0) - (of('start') ?? 0)
      continue
    }
    const [offset, duration] = [of('offset'), of('duration')]
    if (offset === undefined || duration === undefined) continue
    const end = text.indexOf('</caption>', index)
    const body = text.slice(index, end < 0 ? text.length : end)
    const said = [...body.matchAll(/<text-style ref="[^"]*"[^>]*>([\s\S]*?)<\/text-style>/g)].map(
      ([, part = '']) => part,
    )
    const lines = decodedXml(said.join(''))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    const startMs = Math.round(offset + shiftMs)
    if (lines.length > 0) cues.push({ startMs, endMs: Math.round(offset + shiftMs + duration), lines })
  }
  return cues.sort((one, other) => one.startMs - other.startMs)
}

/** Returns the milliseconds of a time such as `1001/24000s` or `5s`. */
function secondsMs(time: string | undefined): number | undefined {
  const found = /^(\d+)(?:\/(\d+))?s$/.exec(time ?? '')
  return found === null ? undefined : (Number(found[1]) / Number(found[2] ?? 1)) * 1000
}
