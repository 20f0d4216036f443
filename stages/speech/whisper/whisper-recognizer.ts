import { availableParallelism, loadavg } from 'node:os'
import type { Tool } from 'reprise'
import type { ToolHost } from '../../tools/ffmpeg.ts'
import { modelArgs, modelPlace, modelTool } from '../../tools/model-tool.ts'
import type { Recognizer } from '../recognizer.ts'
import { findSamples, sampleRateHz, type WavSamples } from '../wav.ts'
import { atPauses } from './at-pauses.ts'
import { betterHeard, doubtfulSpans } from './heard-again.ts'
import { type HeardWindow, type HeardWord, utterancesOf } from './heard-words.ts'
import { atOnsets } from './onsets.ts'
import { detectorTools, speechPresence } from './presence.ts'
import { frameSamples, type Span, speechSpans, windowsOf } from './speech-presence.ts'
import { whisperScript } from './whisper-script.ts'

/** What part of a step's time finding speech takes. */
const detectionPart = 0.1
/** What is done when all was heard once. */
const firstPart = 0.85
/** Whisper hears nothing in less than a second, such as a lone `Yes.` */
const leastSamples = 1.25 * sampleRateHz

function whisper(model: string): Tool {
  return modelTool('whisper', modelPlace(model))
}

/** Recognizes with Whisper on the CPU, without a network; each stretch of speech by itself. */
export const whisperRecognizer: Recognizer = {
  tools: ({ model, detector }) => [...(model === undefined ? [] : [whisper(model)]), ...detectorTools(detector)],
  async recognize(host, request) {
    const { audio, durationS, language, model, detector } = request
    if (model === undefined) return host.fail('choose the model of Whisper: model=whisper-base or whisper-tiny.en')
    const samples = await findSamples(audio)
    if (samples === undefined) return host.fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    const probabilities = await speechPresence(host, request, { samples, part: detectionPart })
    const spans = speechSpans(probabilities)
    const windows = windowsOf(spans, probabilities)
    host.progress(detectionPart)
    if (windows.length === 0) return []
    // Where a level says that somebody speaks, it may be music or a click, in which Whisper invents words.
    const isSpeech = detector === 'silero-vad'
    const how = { samples, language, model, least: isSpeech ? leastSamples : 0 }
    const heard = await hear(host, { ...how, windows, from: detectionPart, to: firstPart })
    const doubtful = heard.map((window) => (isSpeech ? doubtfulSpans(window, spans, probabilities) : []))
    const parts = await hear(host, { ...how, windows: doubtful.flat(), from: firstPart, to: 1 })
    let at = 0
    const better = heard.flatMap((window, index) => {
      const own = parts.slice(at, at + (doubtful[index]?.length ?? 0))
      at += own.length
      return own.length === 0 ? [window] : betterHeard(window, own, probabilities)
    })
    return await atOnsets(atPauses(utterancesOf(better, probabilities, durationS), probabilities), samples)
  },
}

interface Hearing {
  readonly samples: WavSamples
  readonly language: string
  readonly model: string
  readonly windows: readonly Span[]
  /** Silence makes a shorter window so long. */
  readonly least: number
  /** The part of the step's progress that it makes. */
  readonly from: number
  readonly to: number
}

/** Returns what Whisper writes for each window. */
async function hear(host: ToolHost, hearing: Hearing): Promise<readonly HeardWindow[]> {
  const { samples, language, model, windows: spans, least, from: begin, to: end } = hearing
  if (spans.length === 0) return []
  const windows = spans.map(({ from, to }) => ({ from: from * frameSamples, to: to * frameSamples }))
  const { path, dataAt } = samples
  const question = { path, dataAt, language, threads: idleThreads(host.cpus), windows, least }
  const heard: HeardWindow[] = []
  const onStdoutLine = (line: string) => {
    const span = spans[heard.length]
    if (span === undefined) return
    heard.push({ span, words: readWords(line) })
    host.progress(begin + (end - begin) * (heard.length / spans.length))
  }
  await host.ask(whisper(model), modelArgs(whisperScript, modelPlace(model)), question, { onStdoutLine })
  if (heard.length < spans.length)
    return host.fail(`Whisper ended after ${heard.length} of ${spans.length} stretches of speech`)
  return heard
}

/**
 * Whisper's threads wait for each other by spinning, so more of them than idle cores cost many times more than they give.
 * Their number does not change what is recognized.
 */
function idleThreads(cpus: number): number {
  const [busy = 0] = loadavg()
  return Math.max(1, Math.min(4, cpus, Math.floor(availableParallelism() - busy)))
}

function readWords(line: string): readonly HeardWord[] {
  const printed: unknown = JSON.parse(line)
  const words: unknown =
    typeof printed === 'object' && printed !== null && 'words' in printed ? printed.words : undefined
  if (!Array.isArray(words)) throw new TypeError('Whisper printed something else than words')
  return words.map((word: unknown) => {
    const [text, start, end]: readonly unknown[] = Array.isArray(word) ? word : []
    return [String(text), Number(start), Number(end)] as const
  })
}
