import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { type Cue, type CueRules, wholeMs } from '../cues/cues.ts'
import { profiles, rulesFor } from '../cues/profiles/profiles.ts'
import { cueFindings, readingSpeed } from '../cues/quality.ts'
import { readCues } from '../cues/read-cues.ts'
import { Shots } from '../cues/timed/shots.ts'
import { countSpoken } from '../glossary/count-spoken.ts'
import { schema } from '../schema/schema.ts'
import { AudioInfo } from '../speech/transcript.ts'
import { termsOf } from '../translation/batches.ts'
import { cueParams } from './cue-params.ts'
import { junitOf, qualityPage } from './quality-page.ts'
import { QualityReport, type TrackQuality } from './quality-report.ts'
import { type Track, TrackIndex } from './tracks.ts'

function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return Math.round(value * 10) / 10
}

function qualityOf(
  { language, title }: Track,
  cues: readonly Cue[],
  { rules, filmMs, shots }: { readonly rules: CueRules; readonly filmMs: number; readonly shots: Shots | undefined },
): TrackQuality {
  const findings = cueFindings(cues, rules, filmMs, shots).map((finding) => ({
    ...finding,
    text: cues[finding.cue - 1]?.lines.join(' ') ?? '',
  }))
  const outside = new Set(findings.map(({ cue }) => cue))
  const speeds = cues.map(readingSpeed).sort((a, b) => a - b)
  const speed = { median: percentile(speeds, 0.5), p95: percentile(speeds, 0.95) }
  return { language, title, cues: cues.length, within: cues.length - outside.size, rules, speed, findings }
}

function spellingOf({ term, said, spelled, otherwise }: QualityReport['terms'][number]): string {
  const times = (count: number) => (count === 1 ? 'once' : `${count} times`)
  const others = otherwise.map(({ cue, text }) => `'${text}' in cue ${cue}`)
  const spelling =
    others.length === 0 ? 'and always spelled so' : `and spelled so ${spelled === 0 ? 'never' : times(spelled)}`
  return `'${term}' was said ${times(said)}, ${[spelling, ...others].join('; ')}`
}

/** Checks every cue against the profile, and reports it for people and for CI. */
export const checkSubtitles = defineStage({
  name: 'check',
  version: 3,
  description: 'Checks every cue against the profile: a report as HTML, as JSON, and as JUnit XML for CI',
  inputs: {
    info: json(AudioInfo),
    tracks: 'tree',
    index: json(TrackIndex),
    shots: optional(json(Shots)),
    glossary: optional(file()),
  },
  params: schema(() => z.object(cueParams())),
  outputs: { report: 'report.html', junit: 'junit.xml', quality: json(QualityReport) },
  async run({ inputs, params, outputs, log, warn, fail }) {
    const { title, source } = profiles[params.profile]
    const tracks: TrackQuality[] = []
    const terms: QualityReport['terms'] = []
    for (const [position, track] of inputs.index.entries()) {
      const cues = readCues(await readFile(join(inputs.tracks, track.files.srt), 'utf8'))
      if (!cues.ok) return fail(`${track.files.srt}: '${cues.error}' is not a cue time`)
      const quality = qualityOf(track, cues.value, {
        rules: rulesFor(params.profile, track.language, params),
        filmMs: wholeMs(inputs.info.durationS),
        shots: inputs.shots,
      })
      log(`${track.title}: ${quality.within} of ${quality.cues} cues are within the profile ${title}`)
      tracks.push(quality)
      // The first track is in the language that is spoken.
      if (position > 0) continue
      const glossary = await termsOf(inputs.glossary, track.language, fail)
      const names = glossary.map(({ term }) => term)
      const lines = cues.value.map((cue) => cue.lines.join(' '))
      for (const { otherwise, ...count } of countSpoken(names, lines))
        terms.push({ ...count, otherwise: [...otherwise] })
    }
    for (const term of terms) if (term.said > 0) (term.spelled < term.said ? warn : log)(spellingOf(term))
    const quality = { profile: params.profile, title, source, tracks, terms }
    await writeFile(outputs.report, qualityPage(quality))
    await writeFile(outputs.junit, junitOf(quality))
    return { quality }
  },
})

/** Fails where a cue is outside of the profile. It comes after the reports, which are kept. */
export const insistOnProfile = defineStage({
  name: 'within-profile',
  version: 1,
  description: 'Fails where a cue is outside of the profile; the report is made before, and kept',
  inputs: { quality: json(QualityReport) },
  params: schema(() => z.object({})),
  outputs: { within: json(schema(() => z.literal(true))) },
  run({ inputs, log, fail }) {
    const { tracks, title } = inputs.quality
    const found = tracks.flatMap(({ language, findings }) => findings.map((finding) => ({ language, ...finding })))
    for (const { language, cue, message, why } of found)
      log(`${language}, cue ${cue}: ${message}${why === undefined ? '' : ` (${why})`}`)
    const [first] = found
    if (first === undefined) return { within: true } as const
    const outside = tracks.reduce((sum, { cues, within }) => sum + cues - within, 0)
    const all = tracks.reduce((sum, { cues }) => sum + cues, 0)
    return fail(
      `${outside} of ${all} cues are outside of the profile ${title}; the first is cue ${first.cue} in ${first.language}: ` +
        `${first.message}; report.html in the directory of the step 'check' lists all`,
    )
  },
})
