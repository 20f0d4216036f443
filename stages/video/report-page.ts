import { html, Markup, reportStyle } from 'reprise'
import type { FilmReport, FilmTiming } from './film-report.ts'
import type { ValidationReport } from './script/validate.ts'

/** A scene as the page shows it. */
export interface SceneRow {
  readonly title: string | undefined
  readonly startS: number
  readonly endS: number
  readonly estimatedS: number
  /** Of the finished film; undefined where it is silent. */
  readonly loudnessLufs: number | undefined
  /** Sound minus picture at its start, in milliseconds; null where nothing is said. */
  readonly syncMs: number | null
  readonly said: readonly string[]
  /** A small PNG, in base64. */
  readonly thumbnail: string
}

export interface PageContent {
  readonly title: string
  readonly voice: string
  readonly report: FilmReport
  readonly timing: FilmTiming
  readonly warnings: ValidationReport['warnings']
  readonly scenes: readonly SceneRow[]
}

const style = `
.strip{display:flex;gap:2px;height:34px;margin:12px 0 4px}
.strip a{flex:1 1 0;min-width:2px;border-radius:3px;background:var(--accent,#3b6ea5);opacity:.75;color:#fff;font-size:11px;line-height:34px;text-align:center;overflow:hidden;text-decoration:none}
.strip a:hover{opacity:1}
.scene{display:grid;grid-template-columns:200px 1fr;gap:16px;align-items:start}
.scene img{width:100%;border-radius:4px;display:block}
.scene h3{margin:0 0 4px}
.scene p{margin:0 0 6px}
.facts{display:flex;flex-wrap:wrap;gap:4px 18px}
@media(max-width:560px){.scene{grid-template-columns:1fr}}
`

/** Returns what was measured of a film as one page, which needs nothing else. */
export function filmPage({ title, voice, report, timing, warnings, scenes }: PageContent): string {
  const { loudness, music } = report
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}: what was measured</title>
<style>${new Markup(reportStyle + style)}</style></head><body><main>
<h1>${title}</h1>
<p class="soft">Measured in the finished film. ${voice.charAt(0).toUpperCase() + voice.slice(1)}.</p>
<div class="tiles">
${tile(clock(report.durationS), `${counted(scenes.length, 'scene')} at ${String(timing.fps)} frames a second`)}
${tile(`${report.worstSyncMs.toFixed(1)} ms`, 'sound and picture apart at most', report.worstSyncMs <= 15)}
${tile(loudness.integratedLufs === null ? 'silence' : decimal(loudness.integratedLufs), `LUFS; target ${decimal(loudness.targetLufs)}`, loudness.integratedLufs !== null && Math.abs(loudness.integratedLufs - loudness.targetLufs) <= 0.2)}
${tile(loudness.truePeakDb === null ? '-' : decimal(loudness.truePeakDb), loudness.limited ? 'dBTP, after its peaks were limited' : 'dBTP, its highest peak')}
${tile(String(report.captions), counted(report.chapters, 'chapter'), undefined, 'captions, ')}
${music === undefined ? undefined : tile(`${decimal(music.underLu)} LU`, music.loops === 0 ? 'music under the voice' : `music under the voice, played ${music.loops + 1} times`)}
</div>
${warnings.length === 0 ? undefined : warningTable(warnings)}
<h2>Scenes</h2>
<div class="strip">${scenes.map((scene, index) => html`<a href="#scene-${String(index + 1)}" style="flex-grow:${(scene.endS - scene.startS).toFixed(3)}" title="${scene.title ?? ''} ${clock(scene.startS)}">${String(index + 1)}</a>`)}</div>
${scenes.map(sceneCard)}
</main></body></html>
`
  return page.text
}

function tile(value: string, label: string, isGood?: boolean, before = ''): Markup {
  const state = isGood === undefined ? '' : isGood ? 'good' : 'bad'
  return html`<div class="tile"><b class="${state}">${value}</b><span class="soft small">${before}${label}</span></div>`
}

function warningTable(warnings: PageContent['warnings']): Markup {
  const rows = warnings.map(
    ({ scene, line, message }) =>
      html`<tr><td class="num">${scene === null ? '' : String(scene)}</td><td class="num">${line === null ? '' : String(line)}</td><td>${message}</td></tr>`,
  )
  return html`<h2>Warnings</h2><div class="card scroll"><table><tr><th>Scene</th><th>Line</th><th>What</th></tr>${rows}</table></div>`
}

function sceneCard(
  { title, startS, endS, estimatedS, loudnessLufs, syncMs, said, thumbnail }: SceneRow,
  index: number,
): Markup {
  const lengthS = endS - startS
  return html`
<section class="card scene" id="scene-${String(index + 1)}">
<img alt="Scene ${String(index + 1)}" src="data:image/png;base64,${thumbnail}">
<div><h3>${String(index + 1)}. ${title ?? 'Untitled'}</h3>
<p class="facts small num"><span>${clock(startS)} to ${clock(endS)}</span><span>${lengthS.toFixed(2)} s <span class="soft">(estimated ${estimatedS.toFixed(1)} s)</span></span>
<span>${loudnessLufs === undefined ? 'silent' : `${decimal(loudnessLufs)} LUFS`}</span>
<span>${syncMs === null ? 'nothing is said' : html`<span class="${Math.abs(syncMs) <= 15 ? 'good' : 'bad'}">${signed(syncMs)} ms</span> <span class="soft">sound after picture</span>`}</span></p>
<p class="small">${said.join(' ')}</p></div>
</section>`
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

function decimal(value: number): string {
  return value.toFixed(1).replace('-', '\u2212')
}

function signed(value: number): string {
  const rounded = Math.round(value * 10) / 10
  return `${rounded < 0 ? '\u2212' : '+'}${Math.abs(rounded).toFixed(1)}`
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const tenths = Math.floor((seconds - whole) * 10)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}.${tenths}`
}
