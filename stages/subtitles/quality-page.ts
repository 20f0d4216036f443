import { html, Markup, reportStyle } from 'reprise'
import type { QualityReport, TrackQuality } from './quality-report.ts'

/** Returns the report as one page, which needs nothing else. */
export function qualityPage({ title, source, tracks, terms }: QualityReport): string {
  const all = tracks.reduce((sum, { cues }) => sum + cues, 0)
  const within = tracks.reduce((sum, track) => sum + track.within, 0)
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Subtitles: ${title}</title>
<style>${new Markup(reportStyle)}</style></head><body><main>
<h1>Subtitles against the profile ${title}</h1>
<p class="soft">${source}</p>
<div class="tiles">
<div class="tile"><b>${String(all)}</b><span class="soft small">cues in ${counted(tracks.length, 'language')}</span></div>
<div class="tile"><b class="${within === all ? 'good' : 'warn'}">${percent(within, all)}</b><span class="soft small">within the profile</span></div>
<div class="tile"><b>${String(all - within)}</b><span class="soft small">outside of it</span></div>
</div>
${tracks.map(trackPart)}
${terms.length === 0 ? undefined : termsPart(terms)}
</main></body></html>
`
  return page.text
}

function trackPart({ language, title, cues, within, rules, speed, findings }: TrackQuality): Markup {
  return html`
<h2>${title} <span class="soft">${language}</span></h2>
<section class="card"><div class="head">
<span>${counted(cues, 'cue')}, ${String(within)} within the profile</span>
<span class="soft small num">read at ${String(speed.median)} characters a second in the middle, 95 % at most ${String(speed.p95)}</span></div>
<p class="soft small">At most ${counted(rules.maxLines, 'line')} of ${counted(rules.maxLineChars, 'character')}, ${decimal(rules.charsPerSecond)} characters a second, ${decimal(rules.minCueS)} to ${decimal(rules.maxCueS)} s, ${decimal(rules.cueGapS)} s between cues.</p>
${findings.length === 0 ? undefined : findingsTable(findings)}
</section>`
}

function findingsTable(findings: TrackQuality['findings']): Markup {
  const rows = findings.map(
    ({
      cue,
      startMs,
      rule,
      message,
      why,
      text,
    }) => html`<tr><td class="num">${String(cue)}</td><td class="num">${clock(startMs)}</td>
<td><span class="tag warn">${rule}</span></td><td>${message}${why === undefined ? undefined : html`<br><span class="soft">${why}</span>`}</td><td>${text}</td></tr>`,
  )
  return html`<div class="scroll"><table><tr><th>Cue</th><th>At</th><th>Rule</th><th>What</th><th>Text</th></tr>${rows}</table></div>`
}

function termsPart(terms: QualityReport['terms']): Markup {
  const rows = terms.map(({ term, said, spelled, otherwise }) => {
    const others = otherwise.map(({ cue, text }) => `${text} (cue ${cue})`).join(', ')
    const spelling = html`<span class="${spelled === said ? 'good' : 'warn'}">${String(spelled)}</span>`
    return html`<tr><td>${term}</td><td class="num">${String(said)}</td><td class="num">${spelling}</td><td>${others}</td></tr>`
  })
  return html`
<h2>Terms of the glossary <span class="soft">as they are said</span></h2>
<section class="card"><div class="scroll"><table><tr><th>Term</th><th>Said</th><th>Spelled so</th><th>Otherwise</th></tr>${rows}</table></div></section>`
}

/** Returns the report as JUnit XML: a suite a language, a test a cue, which CI systems list and count. */
export function junitOf({ profile, tracks }: QualityReport): string {
  const suites = tracks.map(({ language, cues, within, findings }) => {
    const byCue = new Map<number, TrackQuality['findings']>()
    for (const finding of findings) byCue.set(finding.cue, [...(byCue.get(finding.cue) ?? []), finding])
    const cases = Array.from({ length: cues }, (_, index) => {
      const found = byCue.get(index + 1) ?? []
      const failures = found.map(
        ({ rule, message, startMs, text }) =>
          html`<failure type="${rule}" message="${clock(startMs)}: ${message}">${text}</failure>`,
      )
      return html`
    <testcase classname="${profile}.${language}" name="cue ${String(index + 1)}">${failures}</testcase>`
    })
    return html`
  <testsuite name="${language}" tests="${String(cues)}" failures="${String(cues - within)}">${cases}
  </testsuite>`
  })
  const all = tracks.reduce((sum, { cues }) => sum + cues, 0)
  const outside = tracks.reduce((sum, { cues, within }) => sum + cues - within, 0)
  return html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="subtitles" tests="${String(all)}" failures="${String(outside)}">${suites}
</testsuites>
`.text
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '100 %' : `${Math.floor((1000 * part) / whole) / 10} %`
}

function decimal(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function clock(ms: number): string {
  const pad = (value: number, length = 2) => String(Math.floor(value)).padStart(length, '0')
  return `${pad(ms / 3_600_000)}:${pad((ms / 60_000) % 60)}:${pad((ms / 1000) % 60)}.${pad(ms % 1000, 3)}`
}
