import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { beatF } from './beat-score.ts'

const usage = `npm run bench:music -- DIR [--tracker NAME ...] [--match TEXT]

  DIR        songs, each with a .beats file of the same name: a line for each beat, its time in seconds and which beat
             of its bar it is
  --tracker  beatnet or onsets; both by default
  --match    only songs whose names have this

Prints the F-measure of beats and of first beats of bars within 70 ms, for each song and on average. Beats before 5 s are
not scored.
`

interface Song {
  readonly name: string
  readonly path: string
  readonly truth: readonly Beat[]
}

interface Beat {
  readonly atS: number
  readonly position: number
}

/** Measures how well the pipeline `show` finds beats, prints a table, and returns the exit code. */
export function main(args: readonly string[], cli: string): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tracker: { type: 'string', multiple: true, default: ['beatnet', 'onsets'] },
      match: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  const [dir] = positionals
  if (values.help || dir === undefined) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const songs = songsIn(resolve(dir)).filter(({ name }) => name.includes(values.match))
  const scratch = mkdtempSync(join(tmpdir(), 'reprise-music-'))
  try {
    const trackers = values.tracker
    console.log(`| song | bpm | ${trackers.map((tracker) => `${tracker}: beats | first beats`).join(' | ')} |`)
    console.log(`| --- | --- | ${trackers.map(() => '--- | ---').join(' | ')} |`)
    const sums = trackers.map(() => ({ beats: 0, downbeats: 0 }))
    for (const song of songs) {
      const cells = trackers.map((tracker, at) => {
        const score = scoreOf(song, beatsOf(song, { cli, scratch, tracker }))
        const sum = sums[at] ?? { beats: 0, downbeats: 0 }
        sum.beats += score.beats
        sum.downbeats += score.downbeats
        return `${score.beats.toFixed(3)} | ${score.downbeats.toFixed(3)}`
      })
      console.log(`| ${song.name} | ${tempoOf(song.truth).toFixed(0)} | ${cells.join(' | ')} |`)
    }
    const means = sums.map(({ beats, downbeats }) =>
      [beats, downbeats].map((sum) => (sum / Math.max(1, songs.length)).toFixed(3)).join(' | '),
    )
    console.log(`| mean of ${songs.length} | | ${means.join(' | ')} |`)
    return 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function songsIn(dir: string): readonly Song[] {
  const names = readdirSync(dir).sort()
  return names
    .filter((name) => extname(name) === '.beats')
    .flatMap((beats) => {
      const name = beats.slice(0, -'.beats'.length)
      const sound = names.find(
        (other) => other !== beats && other.startsWith(`${name}.`) && /\.(?!mid)\w+$/.test(other),
      )
      return sound === undefined ? [] : [{ name, path: join(dir, sound), truth: readBeats(join(dir, beats)) }]
    })
}

function readBeats(path: string): readonly Beat[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [atS, position] = line.trim().split(/\s+/).map(Number)
    return atS === undefined || position === undefined ? [] : [{ atS, position }]
  })
}

/** Runs the pipeline up to the beats. */
function beatsOf({ path }: Song, { cli, scratch, tracker }: { cli: string; scratch: string; tracker: string }) {
  const job = join(scratch, 'job')
  rmSync(job, { recursive: true, force: true })
  const where = ['--job', job, '--store', join(scratch, 'store')]
  const args = [cli, 'run', 'show', path, ...where, '--to', 'listen', '-p', `tracker=${tracker}`]
  try {
    execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) console.error(String(error.stderr).trim())
    throw error
  }
  const step = readdirSync(job).find((name) => name.endsWith('_listen')) ?? ''
  const heard: unknown = JSON.parse(readFileSync(join(job, step, 'heard.json'), 'utf8'))
  const beats = field(heard, 'beats')
  if (!Array.isArray(beats)) throw new TypeError('the step listen made no beats')
  return beats.map((beat: unknown) => ({ atS: Number(field(beat, 'atS')), position: Number(field(beat, 'position')) }))
}

function scoreOf({ truth }: Song, found: readonly Beat[]) {
  const times = (beats: readonly Beat[]) => beats.map(({ atS }) => atS)
  const firsts = (beats: readonly Beat[]) => times(beats.filter(({ position }) => position === 1))
  return { beats: beatF(times(truth), times(found)), downbeats: beatF(firsts(truth), firsts(found)) }
}

function tempoOf(beats: readonly Beat[]): number {
  const [first, last] = [beats[0], beats.at(-1)]
  return first === undefined || last === undefined ? 0 : (60 * (beats.length - 1)) / (last.atS - first.atS)
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
