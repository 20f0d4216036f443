import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findInstalledModel, type Tool } from 'reprise'
import type { ToolHost } from '../../tools/ffmpeg.ts'
import { modelArgs, modelPlace, modelTool } from '../../tools/model-tool.ts'
import type { FindModel } from '../choose-recognizer.ts'
import type { WavSamples } from '../wav.ts'
import { frameLevels, presenceByLevel } from './level-detector.ts'
import { sileroScript } from './silero-script.ts'
import { frameSamples } from './speech-presence.ts'

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

/** Returns the probability of speech in each frame of `frameSamples`; tells its progress from 0 to `part`. */
export async function speechPresence(
  host: ToolHost,
  { detector }: { readonly detector?: string | undefined },
  { samples, part }: { readonly samples: WavSamples; readonly part: number },
): Promise<readonly number[]> {
  if (detector !== 'silero-vad') return presenceByLevel(await frameLevels(samples))
  const job = join(host.tempDir, 'silero.json')
  await writeFile(job, JSON.stringify({ ...samples, frameSamples }))
  const probabilities: number[] = []
  const onStdoutLine = (line: string) => {
    probabilities.push(...readNumbers(line))
    host.progress((part * probabilities.length * frameSamples) / Math.max(1, samples.samples))
  }
  await host.exec(silero(), modelArgs(sileroScript, modelPlace('silero-vad'), job), { onStdoutLine })
  return probabilities
}

function readNumbers(line: string): readonly number[] {
  const list: unknown = JSON.parse(line)
  if (!Array.isArray(list)) throw new TypeError('silero-vad printed something else than numbers')
  return list.map(Number)
}
