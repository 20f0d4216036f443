import { existsSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { type AnyPipeline, isRecord } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { displayPath } from '../command-line/display-path.ts'
import type { GivenInputs } from '../command-line/given-inputs.ts'

const subtitleFile = /^\.(?:srt|vtt|ass|ssa|ttml|stl)$/i

/**
 * Says of a file that is given for a job's corrections, and holds none, what people may want who do that: to take what
 * they corrected in a copy, or to fit subtitles that they have to a film.
 */
export async function noCorrections(
  { overlay, name }: AnyPipeline,
  inputs: GivenInputs,
  cwd: string,
  jobDirOf: (inputs: GivenInputs) => Promise<string>,
): Promise<string | undefined> {
  const given = overlay === undefined ? undefined : inputs[overlay.input]
  if (overlay === undefined || typeof given !== 'string' || !existsSync(given) || holdsObject(given)) return undefined
  const path = shellWord(displayPath(given, cwd))
  const { [overlay.input]: _, ...others } = inputs
  const jobDir = await jobDirOf(others)
  const job = existsSync(join(jobDir, 'job.json')) ? shellWord(displayPath(jobDir, cwd)) : 'JOB'
  const film = Object.values(others).find((other) => typeof other === 'string')
  const fits = subtitleFile.test(extname(given)) && typeof film === 'string'
  return [
    `'${name}' takes corrections as JSON there, as a job writes them, and ${basename(given)} holds none`,
    `to take what you corrected in a copy of a job's file: reprise corrections ${job} ${path}`,
    ...(fits ? [`to fit subtitles to a film: reprise run retime ${shellWord(displayPath(film, cwd))} ${path}`] : []),
  ].join('\n')
}

function holdsObject(path: string): boolean {
  try {
    return isRecord(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return false
  }
}
