import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

/** Returns the films that the step `mux` of a job has made. */
export function filmsIn(job) {
  return readdirSync(job)
    .filter((name) => name.endsWith('_mux'))
    .flatMap((name) => readdirSync(join(job, name)).map((file) => join(job, name, file)))
    .filter((path) => /\.(mp4|mkv)$/.test(path))
    .sort()
}

/** Returns the languages of a film's subtitle tracks, as ffprobe tells them. */
export async function subtitleLanguages(path) {
  const args = ['-v', 'error', '-select_streams', 's', '-show_entries', 'stream_tags=language', '-of', 'csv=p=0', path]
  const { stdout } = await execFileAsync('ffprobe', args)
  return stdout.split('\n').filter((line) => line !== '')
}
