import { closeSync, constants, openSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ReportedFile, ReportedJob, ReportedOutput } from '../../core/index.ts'
import { ProcessSupervisor } from '../process/process.ts'
import { mediaInput } from '../sound/media-input.ts'
import { overview } from '../sound/peaks.ts'
import { soundPeaks } from '../sound/sound-peaks.ts'

const filesMax = 12
const valuesShown = 600
const limitMs = 2 * 60_000

/** Returns a report whose films and sounds say how loud they are over time. Where ffmpeg is not there, none does. */
export async function withWaves(report: ReportedJob, jobDir: string, env: NodeJS.ProcessEnv): Promise<ReportedJob> {
  const supervisor = new ProcessSupervisor(`report-${process.pid}`)
  const own = { PATH: env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' }
  let left = filesMax
  const measured = async (file: ReportedFile): Promise<ReportedFile> => {
    if (mediaInput(file.path) === undefined || left === 0) return file
    left -= 1
    let opened: number
    try {
      opened = openSync(join(jobDir, file.path), constants.O_RDONLY | constants.O_NOFOLLOW)
    } catch {
      return file
    }
    try {
      const signal = AbortSignal.timeout(limitMs)
      const peaks = await soundPeaks(supervisor, { file: opened, name: basename(file.path), env: own, signal })
      if (!peaks.ok) return file
      const { values, perSecond } = peaks.value
      return { ...file, wave: { seconds: values.length / perSecond, values: overview(peaks.value, valuesShown) } }
    } finally {
      closeSync(opened)
    }
  }
  try {
    const outputs: ReportedOutput[] = []
    for (const output of report.outputs) {
      const files: ReportedFile[] = []
      for (const file of output.files) files.push(await measured(file))
      outputs.push({ ...output, files })
    }
    return { ...report, outputs }
  } finally {
    await supervisor.end()
  }
}
