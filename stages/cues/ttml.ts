import { html, type Markup } from 'reprise'
import type { Cue } from './cues.ts'
import { isRightToLeft } from './right-to-left.ts'
import { linesInPieces, type StyledText } from './styled/styled-text.ts'
import { clock, milliseconds } from './timestamp.ts'

const time = (ms: number) => `${clock(ms, 2)}.${milliseconds(ms)}`

/**
 * Returns cues as TTML of the text profile of IMSC 1.1 (W3C): white on black at the bottom, centred, with media times.
 * `language` is a BCP 47 tag.
 */
export function formatTtml(cues: readonly Cue[], { language, title }: { language: string; title: string }): string {
  const hasTop = cues.some(({ isAtTop }) => isAtTop === true)
  const paragraphs = cues.map((cue, index) => {
    const { startMs, endMs } = cue
    const direction = cue.lines.some(isRightToLeft) ? html` tts:direction="rtl" tts:unicodeBidi="embed"` : undefined
    const place = hasTop ? html` region="${cue.isAtTop === true ? 'top' : 'bottom'}"` : undefined
    const text = linesInPieces(cue).map(
      (pieces, at) => html`${at === 0 ? undefined : html`<br/>`}${pieces.map(styledSpan)}`,
    )
    return html`
      <p xml:id="c${index + 1}" begin="${time(startMs)}" end="${time(endMs)}"${place}${direction}><span style="text">${text}</span></p>`
  })
  const top = hasTop
    ? html`
      <region xml:id="top" tts:origin="10% 5%" tts:extent="80% 20%" tts:displayAlign="before" tts:textAlign="center" tts:fontFamily="proportionalSansSerif" tts:fontSize="80%" tts:lineHeight="125%" tts:showBackground="whenActive"/>`
    : undefined
  return html`<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" ttp:timeBase="media" xml:lang="${language}">
  <head>
    <metadata><ttm:title>${title}</ttm:title></metadata>
    <styling>
      <style xml:id="text" tts:color="#FFFFFFFF" tts:backgroundColor="#000000C0"/>
    </styling>
    <layout>${top}
      <region xml:id="bottom" tts:origin="10% 75%" tts:extent="80% 20%" tts:displayAlign="after" tts:textAlign="center" tts:fontFamily="proportionalSansSerif" tts:fontSize="80%" tts:lineHeight="125%" tts:showBackground="whenActive"/>
    </layout>
  </head>
  <body${hasTop ? undefined : html` region="bottom"`}>
    <div>${paragraphs}
    </div>
  </body>
</tt>
`.text
}

function styledSpan({ text, italic, bold, underline, color }: StyledText): Markup {
  const attributes = [
    italic && html` tts:fontStyle="italic"`,
    bold && html` tts:fontWeight="bold"`,
    underline && html` tts:textDecoration="underline"`,
    color === undefined ? undefined : html` tts:color="${color}"`,
  ].filter((attribute) => attribute !== undefined)
  return attributes.length === 0 ? html`${text}` : html`<span${attributes}>${text}</span>`
}
