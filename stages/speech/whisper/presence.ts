import { findInstalledModel, type Tool } from 'reprise'
import type { ToolHost } from '../../tools/ffmpeg.ts'
import { modelArgs, modelPlace, modelTool } from '../../tools/model-tool.ts'
import type { FindModel } from '../choose-recognizer.ts'
import type { WavSamples } from '../wav.ts'
import { frameLevels, presenceByLevel } from './level-detector.ts'
import { sileroScript } from './silero-script.ts'
import { frameS, frameSamples, type Span } from './speech-presence.ts'

function silero(): Tool {
  return modelTool('silero-vad', modelPlace('silero-vad'))
}

/** Returns the programs that find where somebody speaks. */
export function detectorTools(detector: string | undefined): readonly Tool[] {
  return detector === 'silero-vad' ? [silero()] : []
}

/** Returns the best detector of speech that is installed. */
export function chooseDetector(find: FindModel = findInstalledModel): 'silero-vad' | 'level' {
  const place = find('silero-vad')
  return place?.isInstalled === true && place.runtime?.isForThisSystem !== false ? 'silero-vad' : 'level'
}

interface PresenceRequest {
  readonly samples: WavSamples
  /** The step's progress is told from 0 to this. */
  readonly part: number
}

/** Returns the probability of speech in each frame of `frameSamples`. */
export async function speechPresence(
  host: ToolHost,
  { detector }: { readonly detector?: string | undefined },
  request: PresenceRequest,
): Promise<readonly number[]> {
  if (detector !== 'silero-vad') return presenceByLevel(await frameLevels(request.samples))
  return sileroPresence(host, request, [{ from: 0, to: request.samples.samples }])
}

/** What Silero hears before it tells anything: it remembers about as much. */
const warmUpFrames = Math.round(1 / frameS)

/**
 * Returns the probability of speech in each whole frame of some parts, in samples. Each part is heard anew, so that what it
 * tells depends on what is in it, and on the second before it.
 */
export async function sileroPresence(
  host: ToolHost,
  { samples, part }: PresenceRequest,
  parts: readonly Span[],
): Promise<readonly number[]> {
  const { path, dataAt } = samples
  const probabilities: number[] = []
  const onStdoutLine = (line: string) => {
    probabilities.push(...readNumbers(line))
    host.progress(Math.min(part, (part * probabilities.length * frameSamples) / Math.max(1, samples.samples)))
  }
  const question = { path, dataAt, frameSamples, warmUpFrames, parts }
  await host.ask(silero(), modelArgs(sileroScript, modelPlace('silero-vad')), question, { onStdoutLine })
  return probabilities
}

function readNumbers(line: string): readonly number[] {
  const list: unknown = JSON.parse(line)
  if (!Array.isArray(list)) throw new TypeError('silero-vad printed something else than numbers')
  return list.map(Number)
}
