import { html, Markup, reportStyle } from 'reprise'
import type { PlacedCue } from '../cues/timed/placed-cue.ts'
import type { Fit } from './fit/fit.ts'
import type { FitReport } from './fit-report.ts'
import type { Presence } from './listen.ts'
import { percent, signed } from './summary.ts'

/** How much of the film a row shows, at least, and how many rows a page has at most. */
const rowS = 120
const mostRows = 60
const width = 1200

const style = `
.rows svg{display:block;width:100%;height:54px;margin-bottom:2px}
.rows .voice{fill:#8a8f98}.rows .before{fill:#d97706}.rows .after{fill:#16a34a}
.rows p{margin:8px 0 0}
.key i{display:inline-block;width:12px;height:12px;margin-right:6px;vertical-align:-1px}
`

const titles = { right: 'Right as they are', fitted: 'Fitted', unclear: 'Unclear, unchanged' } as const

export interface Drawn {
  readonly presence: Presence
  /** The cues as they were. */
  readonly before: readonly PlacedCue[]
  readonly found: Fit
}

/** Returns the report as one page, which needs nothing else: what was done, and voice and cues before and after. */
export function fitPage(report: FitReport, drawn: Drawn): string {
  const { verdict, summary, before, after, pieces, leftOut } = report
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Subtitles: ${titles[verdict]}</title>
<style>${new Markup(reportStyle + style)}</style></head><body><main>
<h1>Subtitles against the film: ${titles[verdict].toLowerCase()}</h1>
<p>${summary}${summary.endsWith('?') ? '' : '.'}</p>
<div class="tiles">
<div class="tile"><b>${String(report.cues)}</b><span class="soft small">subtitles</span></div>
<div class="tile"><b>${percent(before.voiced)} → <span class="${verdict === 'unclear' ? 'warn' : 'good'}">${percent(after.voiced)}</span></b><span class="soft small">of their time has voice</span></div>
<div class="tile"><b>${before.onsets.toFixed(2)} → ${after.onsets.toFixed(2)}</b><span class="soft small">voice begins with them (1: always, 0: no more than anywhere)</span></div>
<div class="tile"><b>${before.nats.toFixed(0)} → ${after.nats.toFixed(0)}</b><span class="soft small">score: likelier than anywhere, in nats</span></div>
</div>
<h2>What was done</h2>
<section class="card"><div class="scroll"><table><tr><th>From</th><th>To</th><th>Subtitles</th><th>Moved by</th><th>Speed</th></tr>
${pieces.map((piece) => html`<tr><td class="num">${clock(piece.fromS)}</td><td class="num">${clock(piece.toS)}</td><td class="num">${String(piece.cues)}</td><td class="num">${signed(piece.offsetS)}</td><td>${report.speed}</td></tr>`)}
</table></div>
<p class="soft small">Voice was found by ${report.detector}${report.recognized ? ', and words were recognized' : ''}. A change is made only if it explains what is heard much better than the file as it was.</p></section>
${leftOut.length === 0 ? undefined : leftOutPart(leftOut)}
<h2>Voice and subtitles</h2>
<p class="key small"><span><i style="background:#8a8f98"></i>voice</span> <span><i style="background:#d97706"></i>subtitles as they were</span> <span><i style="background:#16a34a"></i>subtitles as they are now</span></p>
<div class="card rows">${rowsOf(drawn)}</div>
</main></body></html>
`
  return page.text
}

function leftOutPart(leftOut: FitReport['leftOut']): Markup {
  return html`<h2>Left out</h2><section class="card"><p class="soft">The film lacks the scenes of these.</p><div class="scroll"><table><tr><th>Subtitle</th><th>At</th><th>Text</th></tr>
${leftOut.map(({ cue, startS, text }) => html`<tr><td class="num">${String(cue)}</td><td class="num">${clock(startS)}</td><td>${text}</td></tr>`)}
</table></div></section>`
}

interface Bar {
  readonly fromS: number
  readonly toS: number
}

function rowsOf({ presence, before, found }: Drawn): readonly Markup[] {
  const { frameS, probabilities } = presence
  const filmS = probabilities.length * frameS
  const lengthS = Math.max(rowS, filmS / mostRows)
  const asWas = before.map(({ start, end }) => ({ fromS: start.ms / 1000, toS: end.ms / 1000 }))
  const asIs = found.pieces.flatMap(({ offsetS, cues }) =>
    cues.map((index) => ({
      fromS: (asWas[index]?.fromS ?? 0) * found.ratio.value + offsetS,
      toS: (asWas[index]?.toS ?? 0) * found.ratio.value + offsetS,
    })),
  )
  return Array.from({ length: Math.ceil(filmS / lengthS) }, (_, row) => {
    const fromS = row * lengthS
    const x = (seconds: number) => (((seconds - fromS) / lengthS) * width).toFixed(1)
    const bars = (all: readonly Bar[], name: string, y: number) =>
      all
        .filter((bar) => bar.toS > fromS && bar.fromS < fromS + lengthS)
        .map(
          (bar) =>
            html`<rect class="${name}" x="${x(bar.fromS)}" y="${String(y)}" width="${(((bar.toS - bar.fromS) / lengthS) * width).toFixed(1)}" height="12"><title>${clock(bar.fromS)}</title></rect>`,
        )
    return html`<p class="soft small num">${clock(fromS)}</p>
<svg viewBox="0 0 ${String(width)} 54" preserveAspectRatio="none" role="img" aria-label="Voice and subtitles from ${clock(fromS)}">${voiceOf(probabilities, frameS, fromS, lengthS)}${bars(asWas, 'before', 24)}${bars(asIs, 'after', 40)}</svg>`
  })
}

/** Draws how likely somebody speaks, as a hill. */
function voiceOf(probabilities: readonly number[], frameS: number, fromS: number, lengthS: number): Markup {
  const columns = width / 2
  const points = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((fromS + (lengthS * column) / columns) / frameS)
    const to = Math.max(from + 1, Math.floor((fromS + (lengthS * (column + 1)) / columns) / frameS))
    const part = probabilities.slice(from, to)
    const mean = part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length)
    return `${2 * column},${(20 - 20 * mean).toFixed(1)}`
  })
  return html`<polygon class="voice" points="0,20 ${points.join(' ')} ${String(width)},20"/>`
}

function clock(seconds: number): string {
  const whole = Math.max(0, seconds)
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${pad(whole / 3600)}:${pad((whole / 60) % 60)}:${pad(whole % 60)}`
}
