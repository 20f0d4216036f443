import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import type { PlacedCue } from '../cues/timed/placed-cue.ts'
import { readTimedFile, type TimedFile } from '../cues/timed/timed-file.ts'
import { described, schema } from '../schema/schema.ts'
import { Transcript } from '../speech/transcript.ts'
import { threadModule } from '../tools/thread-module.ts'
import type { Fit, FitRequest } from './fit/fit.ts'
import { comparedWords } from './fit/votes.ts'
import { fitPage } from './fit-page.ts'
import { FitReport } from './fit-report.ts'
import { Presence } from './listen.ts'
import { summaryOf } from './summary.ts'

/** Returns the param that says how far subtitles are moved at most. */
export function retimeParams() {
  return {
    maxOffsetS: described(
      z._default(z.number().check(z.gte(1), z.lte(3600)), 600),
      'the most that subtitles are moved, in seconds; more takes longer',
    ),
  }
}

/** Fits subtitles to a film. */
export const retime = defineStage({
  name: 'retime',
  version: 3,
  description: 'Fits subtitles to when somebody speaks: offset, speed and cuts, and only if that is surely better',
  inputs: { subtitles: 'file', presence: json(Presence), speech: optional(json(Transcript)) },
  params: schema(() => z.object(retimeParams())),
  outputs: { retimed: 'retimed/', report: 'report.html', fit: json(FitReport) },
  threads: { fit: threadModule(new URL('./fit-thread.ts', import.meta.url)) },
  async run({ inputs, params, outputs, inThread, warn, fail }) {
    const bytes = await readFile(inputs.subtitles)
    if (bytes.length === 0) return fail("the input 'subtitles' is an empty file")
    const read = readTimedFile(bytes)
    if (!read.ok) return fail(`the input 'subtitles' cannot be read: ${read.error}`)
    const timed = read.value
    const shown = timed.cues.filter(({ isShown }) => isShown)
    if (shown.length === 0) return fail("the input 'subtitles' has no cues")
    const { presence, speech } = inputs
    const heard = (speech?.utterances ?? []).flatMap(({ words }) =>
      words.flatMap(({ text, startS }) => comparedWords(text).map((word) => ({ word, atS: startS }))),
    )
    const request: FitRequest = {
      cues: shown.map(({ start, end, text }) => ({
        startS: start.ms / 1000,
        endS: end.ms / 1000,
        words: heard.length === 0 ? [] : comparedWords(text),
      })),
      probabilities: presence.probabilities,
      frameS: presence.frameS,
      lagS: presence.lagS,
      heard,
      maxOffsetS: params.maxOffsetS,
    }
    const found = (await inThread('fit', request)) as Fit
    const report = reportOf(found, { shown, timed, presence, recognized: heard.length > 0 })
    const fitted = found.verdict === 'fitted' ? retimedBytes(timed, shown, found) : bytes
    await writeFile(join(outputs.retimed, `subtitles.${timed.format}`), fitted)
    await writeFile(outputs.report, fitPage(report, { presence, before: shown, found }))
    // What was decided is what the user waits for.
    warn(report.summary)
    if (report.leftOut.length > 0)
      warn(
        `${report.leftOut.length} subtitles are of scenes that the film lacks, and are left out; report.html lists them`,
      )
    return { fit: report }
  },
})

interface Fitted {
  readonly shown: readonly PlacedCue[]
  readonly timed: TimedFile
  readonly presence: Presence
  readonly recognized: boolean
}

function reportOf(found: Fit, { shown, timed, presence, recognized }: Fitted): FitReport {
  const rounded = ({ nats, voiced, onsets }: Fit['before']) => ({
    nats: Math.round(nats * 10) / 10,
    voiced: thousandths(voiced),
    onsets: thousandths(onsets),
  })
  const pieces = found.pieces.map(({ offsetS, cues }) => ({
    offsetS: thousandths(offsetS),
    cues: cues.length,
    fromS: Math.min(...cues.map((index) => (shown[index]?.start.ms ?? 0) / 1000)),
    toS: Math.max(...cues.map((index) => (shown[index]?.end.ms ?? 0) / 1000)),
  }))
  const leftOut = found.leftOut.map((index) => ({
    cue: index + 1,
    startS: (shown[index]?.start.ms ?? 0) / 1000,
    text: shown[index]?.text.replaceAll('\n', ' ') ?? '',
  }))
  const report = {
    verdict: found.verdict,
    summary: '',
    format: timed.format,
    cues: shown.length,
    ratio: found.ratio.value,
    speed: found.ratio.name,
    pieces,
    leftOut,
    detector: presence.detector,
    recognized,
    before: rounded(found.before),
    after: rounded(found.after),
  }
  return { ...report, summary: summaryOf(report) }
}

/** Returns the file with the times of the fit. What is not shown, such as a comment of ASS, goes with the cue before it. */
function retimedBytes(timed: TimedFile, shown: readonly PlacedCue[], { ratio, pieces }: Fit): Buffer {
  const offsets = new Map<PlacedCue, number>()
  for (const { offsetS, cues } of pieces)
    for (const index of cues) {
      const cue = shown[index]
      if (cue !== undefined) offsets.set(cue, offsetS)
    }
  const inOrder = [...offsets].sort(([one], [other]) => one.start.ms - other.start.ms)
  const offsetNear = ({ start }: PlacedCue) =>
    (inOrder.findLast(([cue]) => cue.start.ms <= start.ms) ?? inOrder[0])?.[1] ?? 0
  return timed.retimed((cue) => {
    const offsetS = offsets.get(cue) ?? (cue.isShown ? undefined : offsetNear(cue))
    return offsetS === undefined ? undefined : (ms) => ms * ratio.value + offsetS * 1000
  })
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}
