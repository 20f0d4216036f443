import { html, Markup } from 'reprise'
import type { Cue } from '../cues.ts'
import { isRightToLeft } from '../right-to-left.ts'
import { clock } from '../timestamp.ts'

/** A longer pause begins a paragraph. */
const paragraphMs = 1500
const style = `body{font:17px/1.6 Georgia,serif;max-width:42em;margin:3em auto;padding:0 1em;color:#1c1c1c;background:#fff}
p{display:grid;grid-template-columns:5.5em 1fr;margin:0 0 1em}time{color:#6b7280;font:13px/1.9 ui-monospace,monospace}
@media(prefers-color-scheme:dark){body{color:#e5e7eb;background:#15171a}}`

/** Returns cues as a page to be read: a paragraph from pause to pause, with its time. */
export function formatTranscriptPage(
  cues: readonly Cue[],
  { language, title }: { readonly language: string; readonly title: string },
): string {
  const paragraphs: { startMs: number; endMs: number; texts: string[] }[] = []
  for (const { startMs, endMs, lines } of cues) {
    const last = paragraphs.at(-1)
    if (last !== undefined && startMs - last.endMs < paragraphMs) {
      last.texts.push(lines.join(' '))
      last.endMs = endMs
    } else paragraphs.push({ startMs, endMs, texts: [lines.join(' ')] })
  }
  const direction = cues.some(({ lines }) => lines.some(isRightToLeft)) ? html` dir="rtl"` : undefined
  return html`<!doctype html>
<html lang="${language}"${direction}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${new Markup(style)}</style></head><body>
<h1>${title}</h1>
${paragraphs.map(({ startMs, texts }) => html`<p><time datetime="${clock(startMs, 2)}">${clock(startMs, 2)}</time><span>${texts.join(' ')}</span></p>\n`)}
</body></html>
`.text
}
