import { html, Markup } from 'reprise'
import type { Lyrics } from '../lyrics/lyrics-schema.ts'
import type { Macro, ShowPlan } from '../plan/show-plan.ts'
import type { Analysis } from '../song/analysis.ts'
import { previewScript } from './preview-script.ts'
import { previewStyle } from './preview-style.ts'

export interface Preview {
  readonly title: string
  readonly plan: ShowPlan
  readonly macro: Macro
  readonly analysis: Analysis
  readonly lyrics: Lyrics | undefined
  readonly peaks: Float32Array
  /** The name of the song's file beside the page. */
  readonly song: string
}

/** Peaks a second that the page has. */
const peaksASecond = 10
const keptASecond = 50

/** Returns a page that plays a song with its show. It loads nothing but the song beside it. */
export function previewPage({ title, plan, macro, analysis, lyrics, peaks, song }: Preview): string {
  const { tempo, metre, key } = analysis
  const facts = [
    tempo.bpm === 0 ? 'no beat' : `${tempo.bpm.toFixed(1)} bpm, ${metre.beatsPerBar} beats a bar`,
    key === null ? '' : `${key.tonic} ${key.mode}`,
    `${macro.mood}, ${macro.sections.length} sections`,
    `${plan.groups.length} parts of the display`,
  ]
  const data = {
    durationMs: plan.durationMs,
    palettes: plan.palettes,
    groups: plan.groups.map(({ group, effects }) => ({
      group,
      effects: effects.map(({ startMs, endMs, effect, palette, brightness }) => ({
        startMs,
        endMs,
        effect,
        palette,
        brightness,
      })),
    })),
    sections: macro.sections,
    beats: numberedBeats(analysis),
    lyrics: lyrics?.lines ?? [],
    peaks: thinned(peaks),
  }
  // A script element ends at the next tag, whatever it is in.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c')
  const page = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: preview of the show</title>
<style>${new Markup(previewStyle)}</style>
<main>
<h1>${title}</h1>
<p class="facts">${facts.filter((fact) => fact !== '').join('  ·  ')}</p>
<section class="stage" aria-label="The display"><div class="tiles"></div>
<div class="now"><span class="beat"></span><span class="sung" aria-live="off"></span></div></section>
<div class="player"><audio controls preload="metadata" src="${song}"></audio></div>
<section class="card lanes" aria-label="The plan"><div class="names"><div class="head">sections and sound</div></div><canvas></canvas></section>
<i class="ink" hidden></i>
<p class="hint">Click the plan to go there; the space bar plays and pauses.</p>
</main>
<script type="application/json" id="show">${new Markup(json)}</script>
<script>${new Markup(previewScript)}</script>
</html>
`
  return page.text
}

function numberedBeats({ beats }: Analysis): readonly (readonly number[])[] {
  let bar = 0
  return beats.map(({ atS, position }, at) => {
    if (position === 1 || at === 0) bar++
    return [atS, bar, position]
  })
}

/** Returns peaks in percent, as many a second as the page needs. */
function thinned(peaks: Float32Array): readonly number[] {
  const step = keptASecond / peaksASecond
  return Array.from({ length: Math.ceil(peaks.length / step) }, (_, at) =>
    Math.round(100 * Math.max(...peaks.subarray(at * step, (at + 1) * step))),
  )
}
