import { html, Markup, reportStyle } from 'reprise'
import { lanesOf } from './lanes.ts'
import { style } from './style.ts'
import type { CallSummary, SideSummary, Summary } from './summary.ts'

/** How many columns of waveforms a page has in all, so that one of thousands of calls still opens. */
const mostColumns = 120_000

/** Returns the report as one page, which needs nothing else. */
export function reportPage(summary: Summary): string {
  const { calls, passedOver, totals, mix } = summary
  const columns = Math.max(100, Math.min(600, Math.floor(mostColumns / Math.max(1, calls.length))))
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Call recordings</title>
<style>${new Markup(reportStyle + style)}</style></head><body><main>
<h1>Call recordings</h1>
<p class="soft">${counted(totals.recordings, 'recording')}, ${counted(totals.calls, 'call')}. Loudness is integrated, after EBU R 128; it was measured again after encoding.</p>
<div class="tiles">
${tile(clock(totals.lengthS), 'recorded')}${tile(clock(mix.lengthS), 'in the mix')}
${tile(mix.after.integratedLufs === null ? 'silence' : decimal(mix.after.integratedLufs), `LUFS, the mix; target ${decimal(mix.targetLufs)}`)}
${tile(String(totals.limited), 'quieter than the target')}${tile(String(totals.mended), 'mended')}${tile(String(passedOver.length), 'passed over')}
</div>
${passedOver.length === 0 ? undefined : passedOverTable(passedOver)}
<h2>Calls</h2>
<input class="find" type="search" placeholder="Find a call" aria-label="Find a call">
${key()}
${calls.map((call) => card(call, columns))}
</main><script>
const find = document.querySelector('.find')
find.addEventListener('input', () => {
  const wanted = find.value.toLowerCase()
  for (const card of document.querySelectorAll('.card[data-name]'))
    card.classList.toggle('hidden', !card.dataset.name.toLowerCase().includes(wanted))
})
</script></body></html>
`
  return page.text
}

function tile(value: string, label: string): Markup {
  return html`<div class="tile"><b>${value}</b><span class="soft small">${label}</span></div>`
}

function passedOverTable(passedOver: Summary['passedOver']): Markup {
  const rows = passedOver.map(({ path, problem }) => html`<tr><td>${path}</td><td class="bad">${problem}</td></tr>`)
  return html`<h2>Passed over</h2><div class="card scroll"><table><tr><th>Recording</th><th>Why</th></tr>${rows}</table></div>`
}

function key(): Markup {
  const kinds = ['speech', 'music', 'noise', 'tone', 'silence']
  return html`<div class="key">${kinds.map((kind) => html`<span class="${kind}"><i></i><span class="soft">${kind}</span></span>`)}
<span class="both"><i></i>both speak</span><span class="dead"><i></i>dead air</span></div>`
}

function card(call: CallSummary, columns: number): Markup {
  const { id, startedAt, lengthS, mixAtS, sides, problem } = call
  const when = [
    startedAt?.replace('T', ' '),
    clock(lengthS),
    mixAtS === null ? 'not in the mix' : `at ${clock(mixAtS)} in the mix`,
  ].filter((text) => text !== undefined)
  return html`
<section class="card" data-name="${id} ${call.files.map(({ path }) => path).join(' ')}">
<div class="head"><h3>${id}</h3><span class="soft small num">${when.join(' · ')}</span></div>
<p class="tags">${tagsOf(call)}</p>
${problem === undefined ? undefined : html`<p class="bad">${problem}</p>`}
<div class="time"><div class="names">${sides.map(({ label }) => html`<span title="${label}">${sideName(label)}</span>`)}</div>${lanesOf(call, columns)}
<div class="axis">${[0, 0.25, 0.5, 0.75, 1].map((share) => html`<span>${lengthS < 30 ? `${(share * lengthS).toFixed(1)} s` : clock(share * lengthS)}</span>`)}</div></div>
<div class="facts">${loudnessFacts(call)}${talkFacts(call)}${toneFacts(call)}${fileFacts(call)}</div>
</section>`
}

function sideName(label: string): string {
  return label === 'both' ? 'mono' : label
}

function tagsOf({ level, files, deadAir, alignment, pairedBy }: CallSummary): readonly Markup[] {
  const tags: Markup[] = []
  const tag = (name: string, text: string) => tags.push(html`<span class="tag ${name}">${text}</span> `)
  if (level?.limitedBy !== undefined) tag('warn', limitText(level.limitedBy))
  else if (level !== undefined) tag('good', 'on target')
  if (files.some(({ mended }) => mended.length > 0)) tag('warn', 'mended')
  if (deadAir.length > 0) tag('warn', deadAir.length === 1 ? 'dead air' : `dead air ${deadAir.length} times`)
  if (pairedBy !== undefined) tag('soft', `paired by ${pairedBy}`)
  if (alignment !== undefined) tag('soft', alignment.by === 'sound' ? 'aligned by sound' : 'aligned at the start')
  return tags
}

function limitText(limitedBy: string): string {
  if (limitedBy === 'peak') return 'limited by its peaks'
  return limitedBy === 'gain' ? 'limited by the highest gain' : 'no sound to be measured'
}

function loudnessFacts({ level, sides }: CallSummary): Markup | undefined {
  if (level === undefined) return undefined
  const { before, after, gainDb, mode } = level
  if (before.integratedLufs === null && after.integratedLufs === null && before.truePeakDb === null)
    return html`<div><h4>Loudness</h4><p>silence</p></div>`
  const gains = sides.map(({ label, gainDb: own }) => `${sideName(label)} ${signed(own)} dB`)
  return html`<div><h4>Loudness</h4><p class="num">${lufs(before.integratedLufs)} → <b>${lufs(after.integratedLufs)}</b></p>
<p class="num soft">peak ${peak(before.truePeakDb)} → ${peak(after.truePeakDb)}</p>
<p class="num soft">${mode} gain: ${sides.length > 1 ? gains.join(', ') : `${signed(gainDb)} dB`}</p></div>`
}

function talkFacts(call: CallSummary): Markup {
  const { sides, overlaps, overlapS, interruptions, deadAirS, silenceS, musicS } = call
  const isOfTwo = sides.length > 1
  const shares = wholePercents(sides.map(({ talkShare }) => talkShare))
  const spoken = sides.map(({ label, talkS, longestTurnS }, side) => {
    const who = isOfTwo ? `${sideName(label)} ${shares[side] ?? 0} %: ` : ''
    const what = talkS === 0 ? 'no speech' : `${seconds(talkS)} of speech, longest turn ${seconds(longestTurnS)}`
    return html`<p class="num">${who}${what}</p>`
  })
  const facts = [
    ...(overlaps.length > 0 ? [`both speak ${seconds(overlapS)} (${counted(overlaps.length, 'time')})`] : []),
    ...(interruptions > 0 ? [counted(interruptions, 'interruption')] : []),
    ...(silenceS >= 0.05
      ? [`silence ${seconds(silenceS)}${deadAirS > 0 ? `, of which dead air ${seconds(deadAirS)}` : ''}`]
      : []),
    ...(musicS > 0 ? [`music ${seconds(musicS)}`] : []),
  ]
  return html`<div><h4>Talk</h4>${isOfTwo ? shareBar(sides) : undefined}${spoken}
${facts.map((fact) => html`<p class="num soft">${fact}</p>`)}</div>`
}

function shareBar(sides: readonly SideSummary[]): Markup {
  return html`<div class="share">${sides.map(({ talkShare }) => html`<i style="width:${(talkShare * 100).toFixed(1)}%"></i>`)}</div>`
}

function toneFacts({ tones, cutS, madeS }: CallSummary): Markup | undefined {
  if (tones.length === 0 && madeS === 0) return undefined
  const lines = tones.map(({ kind, keys, countries, otherwise, fromS, toS, hz, cadence, snrDb }) => {
    if (keys !== undefined)
      return html`<p class="num"><b>keys ${keys}</b> ${clock(fromS)}–${clock(toS)}</p><p class="num soft">DTMF, ${Math.round(snrDb)} dB above noise</p>`
    const where = countries.length === 0 ? '' : ` (${countries.join(', ')})`
    const evidence = [
      `${hz.map((value) => Math.round(value)).join(' + ')} Hz`,
      cadence.length === 0 ? 'continuous' : `${cadence.map((value) => value.toFixed(2)).join('/')} s`,
      `${Math.round(snrDb)} dB above noise`,
    ]
    return html`<p class="num"><b>${kind}</b>${where} ${clock(fromS)}–${clock(toS)}</p><p class="num soft">${evidence.join(', ')}${otherwise.length === 0 ? '' : `; or ${otherwise.join(', ')}`}</p>`
  })
  return html`<div><h4>Tones</h4>${lines}${madeS > 0 ? html`<p class="num soft">${seconds(madeS)} made</p>` : cutS > 0.05 ? html`<p class="num soft">${seconds(cutS)} cut</p>` : undefined}</div>`
}

function fileFacts({ files, alignment }: CallSummary): Markup {
  const [, startS] = alignment?.startS ?? []
  const [, driftPpm] = alignment?.driftPpm ?? []
  return html`<div><h4>${files.length > 1 ? 'Files' : 'File'}</h4>
${files.map(({ path, format, durationS, mended }) => html`<p>${path} <span class="soft">${format}, ${clock(durationS)}</span></p>${mended.map((text) => html`<p class="warn">${text}</p>`)}`)}
${alignment?.by === 'sound' ? html`<p class="soft num">the second begins ${signed(startS ?? 0, 3)} s after the first, drift ${signed(driftPpm ?? 0)} ppm</p>` : undefined}</div>`
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

function lufs(value: number | null): string {
  return value === null ? 'silence' : `${decimal(value)} LUFS`
}

function peak(value: number | null): string {
  return value === null ? 'none' : `${decimal(value)} dBTP`
}

/** Returns a number with a minus sign that is as wide as a plus. */
function decimal(value: number): string {
  return value.toFixed(1).replace('-', '−')
}

function signed(value: number, digits = 1): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`
}

/** Returns shares of a whole in percent, which together are 100 where the shares are all of it. */
function wholePercents(shares: readonly number[]): readonly number[] {
  let [sum, told] = [0, 0]
  return shares.map((share) => {
    sum += share
    const percent = Math.round(sum * 100) - told
    told += percent
    return percent
  })
}

function seconds(value: number): string {
  return value >= 60 ? clock(value) : `${value.toFixed(1)} s`
}

function clock(totalS: number): string {
  const whole = Math.round(totalS)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (number: number) => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
