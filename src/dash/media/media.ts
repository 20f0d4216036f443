import { writeFileSync } from 'node:fs'
import type { Result } from '../../../store/index.ts'
import { ProcessSupervisor } from '../../engine/process/process.ts'
import { SpawnError } from '../../engine/process/program.ts'
import { mediaInput, quietly } from '../../engine/sound/media-input.ts'
import { soundPeaks } from '../../engine/sound/sound-peaks.ts'
import type { PeaksAnswer, PreviewAnswer } from '../api/messages.ts'
import { typeByName } from '../files/file-type.ts'
import { type OpenedFile, openWithin } from '../files/open-within.ts'
import { MediaCache } from './media-cache.ts'

/** An open output, and what tells its bytes from others. */
export interface MediaFile extends OpenedFile {
  readonly name: string
  readonly digest?: string
}

const atOnceMax = 2
const peaksLimitMs = 10 * 60_000
const previewLimitMs = 3 * 60_000
/** What of a film, and of a sound, a preview shows. */
export const previewSeconds = { video: 120, audio: 900 } as const
const busy = 'other files are still being read; try again in a moment'

/**
 * What ffmpeg makes of outputs for the page: how loud they are, and small copies of what browsers cannot play. It reads
 * the open file that it is given and nothing else, for a bounded time, and never because somebody only looks.
 */
export class Media {
  readonly #env: Readonly<Record<string, string>>
  readonly #cache: MediaCache
  readonly #supervisor = new ProcessSupervisor(`dash-media-${process.pid}`)
  readonly #closed = new AbortController()
  #running = 0

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#cache = new MediaCache({ ...env })
    this.#env = { PATH: env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' }
  }

  get cache(): MediaCache {
    return this.#cache
  }

  /** Returns the waveform of a file if it was measured before; measures it if it may. The file stays open. */
  async peaks(file: MediaFile, mayMeasure: boolean): Promise<Result<PeaksAnswer, string>> {
    if (mediaInput(file.name) === undefined) return { ok: false, error: 'this is no film or sound' }
    const name = `${this.#cache.keyOf('peaks 1', identityOf(file))}.peaks`
    const kept = this.#cache.read(name)
    if (kept !== undefined && kept.length >= 8)
      return { ok: true, value: { perSecond: kept.readDoubleLE(0), peaks: kept.subarray(8).toString('base64') } }
    if (!mayMeasure) return { ok: true, value: { unknown: true } }
    return this.#within(peaksLimitMs, async (signal) => {
      const peaks = await soundPeaks(this.#supervisor, { file: file.file, name: file.name, env: this.#env, signal })
      if (!peaks.ok) return peaks
      const { perSecond, values } = peaks.value
      const head = Buffer.alloc(8)
      head.writeDoubleLE(perSecond)
      const write = async (path: string) => writeFileSync(path, Buffer.concat([head, values]), { mode: 0o600 })
      await this.#cache.make(name, write, () => true)
      return { ok: true, value: { perSecond, peaks: Buffer.from(values).toString('base64') } }
    })
  }

  /** Makes a small copy of a part of a film or sound that browsers play. The file stays open. */
  async preview(file: MediaFile, fromSeconds: number): Promise<Result<PreviewAnswer, string>> {
    const input = mediaInput(file.name)
    if (input === undefined) return { ok: false, error: 'this is no film or sound' }
    const kind = typeByName(file.name).kind === 'audio' ? 'audio' : 'video'
    const key = this.#cache.keyOf('preview 1', identityOf(file), String(fromSeconds))
    const seconds = previewSeconds[kind]
    const answer = { key, kind, fromSeconds, seconds } as const
    if (this.#cache.has(`${key}.mp4`)) return { ok: true, value: answer }
    return this.#within(previewLimitMs, (signal) =>
      this.#cache.make(
        `${key}.mp4`,
        async (path): Promise<Result<PreviewAnswer, string>> => {
          const picture =
            kind === 'audio'
              ? ['-vn']
              : ['-map', '0:v:0', ...'-c:v libx264 -preset veryfast -crf 28 -pix_fmt yuv420p -vf'.split(' '), small]
          const args = [
            ...quietly,
            ...['-ss', String(fromSeconds)],
            ...input,
            ...['-t', String(seconds), ...picture, '-map', '0:a:0?', '-sn', '-dn', '-map_metadata', '-1'],
            ...'-c:a aac -b:a 96k -ac 2 -threads 2 -movflags +faststart -f mp4'.split(' '),
            path,
          ]
          try {
            const options = { command: 'ffmpeg', args, cwd: '/', env: this.#env, stdinFile: file.file, signal }
            const exit = await this.#supervisor.run(options)
            if (exit.exitCode === 0) return { ok: true, value: answer }
            const why = signal.aborted ? 'it took too long' : 'ffmpeg cannot make a preview of it'
            return { ok: false, error: why }
          } catch (error) {
            if (error instanceof SpawnError)
              return {
                ok: false,
                error: 'ffmpeg is not installed; it makes previews (reprise doctor says how to install it)',
              }
            throw error
          }
        },
        (made) => made.ok,
      ),
    )
  }

  /** Opens a preview by its key; nothing else of the cache can be named. */
  openPreview(key: string): MediaFile | undefined {
    if (!/^[0-9a-f]{64}$/.test(key)) return undefined
    const opened = openWithin(this.#cache.dir, `${key}.mp4`)
    return opened === undefined ? undefined : { ...opened, name: 'preview.mp4', digest: key }
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#supervisor.end()
    this.#cache.close()
  }

  async #within<T>(
    limitMs: number,
    work: (signal: AbortSignal) => Promise<Result<T, string>>,
  ): Promise<Result<T, string>> {
    if (this.#running >= atOnceMax) return { ok: false, error: busy }
    this.#running += 1
    try {
      return await work(AbortSignal.any([this.#closed.signal, AbortSignal.timeout(limitMs)]))
    } finally {
      this.#running -= 1
    }
  }
}

const small = "scale=-2:'min(480,trunc(ih/2)*2)'"

/** A file that is named by its bytes keeps what was made of it wherever it lies. */
function identityOf({ digest, stats, name }: MediaFile): string {
  const { dev, ino, size, mtimeMs } = stats
  return digest === undefined ? `${dev} ${ino} ${size} ${mtimeMs} ${name}` : `${digest} ${size} ${name}`
}
