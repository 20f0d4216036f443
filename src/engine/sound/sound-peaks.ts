import type { Result } from '../../../store/index.ts'
import type { ProcessSupervisor } from '../process/process.ts'
import { SpawnError } from '../process/program.ts'
import { mediaInput, quietly } from './media-input.ts'
import { PeakMeter, type Peaks } from './peaks.ts'

const samplesPerSecond = 8000
/** Longer sounds are measured to here. */
const secondsMax = 24 * 3600

export interface SoundPart {
  /** An open file. */
  readonly file: number
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Measures how loud the sound of a film or of a sound file is over time; fails with words for a person. */
export async function soundPeaks(
  supervisor: Pick<ProcessSupervisor, 'run'>,
  { file, name, env, signal }: SoundPart,
): Promise<Result<Peaks, string>> {
  const input = mediaInput(name)
  if (input === undefined) return { ok: false, error: 'this is no film or sound' }
  const meter = new PeakMeter(samplesPerSecond)
  const shape = ['-ac', '1', '-ar', String(samplesPerSecond), '-t', String(secondsMax), '-f', 's16le', 'pipe:1']
  try {
    const exit = await supervisor.run({
      command: 'ffmpeg',
      args: [...quietly, ...input, '-map', '0:a:0', '-vn', '-sn', '-dn', ...shape],
      cwd: '/',
      env,
      stdinFile: file,
      onStdoutBytes: (bytes) => meter.add(bytes),
      signal,
    })
    if (signal.aborted) return { ok: false, error: 'it took too long' }
    const peaks = meter.end()
    if (exit.exitCode === 0 && peaks.values.length > 0) return { ok: true, value: peaks }
    const isSilent = /matches no streams|does not contain any stream/.test(exit.stderrTail) || exit.exitCode === 0
    return { ok: false, error: isSilent ? 'there is no sound in it' : 'ffmpeg cannot read its sound' }
  } catch (error) {
    if (error instanceof SpawnError)
      return {
        ok: false,
        error: 'ffmpeg is not installed; it draws the waveform (reprise doctor says how to install it)',
      }
    throw error
  }
}
