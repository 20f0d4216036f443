import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { beatF, tempoOfBeats, tempoVerdict } from './beat-score.ts'
import { type PeerTracker, peerTrackers } from './trackers.ts'

const usage = `npm run bench:music -- DIR [--tracker NAME ...] [--match TEXT] [--peers]

  DIR        songs, each with a .beats file of the same name: a line for each beat, its time in seconds and which beat
             of its bar it is
  --tracker  beatnet or onsets; both by default
  --match    only songs whose names have this
  --peers    also aubio (aubio-tools) and music-tempo, which it installs

Prints the F-measure of beats and of first beats of bars within 70 ms, for each song and on average. Beats before 5 s are
not scored.
Of the tempo it says whether it is right within 4 %, or an octave off: twice, half, three times or a third.
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
export async function main(args: readonly string[], cli: string): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tracker: { type: 'string', multiple: true, default: ['beatnet', 'onsets'] },
      match: { type: 'string', default: '' },
      peers: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [dir] = positionals
  if (values.help || dir === undefined) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const songs = songsIn(resolve(dir)).filter(({ name }) => name.includes(values.match))
  const { there, missing } = values.peers ? await peerTrackers() : { there: [], missing: [] }
  for (const why of missing) console.error(why)
  const scratch = mkdtempSync(join(tmpdir(), 'reprise-music-'))
  try {
    const trackers = [
      ...values.tracker.map((tracker) => ourTracker(tracker, { cli, scratch })),
      ...there.map(asTracker),
    ]
    console.log(`| song | bpm | ${trackers.map(({ name }) => `${name}: beats | first beats | tempo`).join(' | ')} |`)
    console.log(`| --- | --- | ${trackers.map(() => '--- | --- | ---').join(' | ')} |`)
    const sums = trackers.map(() => ({ beats: 0, downbeats: 0, right: 0, octave: 0 }))
    for (const song of songs) {
      const truthBpm = tempoOfBeats(song.truth.map(({ atS }) => atS))
      const cells = trackers.map((tracker, at) => {
        const found = tracker.find(song)
        const { beats, downbeats } = scoreOf(song, found.beats)
        const verdict = tempoVerdict(truthBpm, found.bpm)
        const sum = sums[at] ?? { beats: 0, downbeats: 0, right: 0, octave: 0 }
        sum.beats += beats
        sum.downbeats += downbeats
        if (verdict !== 'wrong') sum[verdict]++
        return `${beats.toFixed(3)} | ${tracker.hasBars ? downbeats.toFixed(3) : '-'} | ${found.bpm.toFixed(0)} ${verdict}`
      })
      console.log(`| ${song.name} | ${truthBpm.toFixed(0)} | ${cells.join(' | ')} |`)
    }
    const count = Math.max(1, songs.length)
    const means = sums.map(({ beats, downbeats, right, octave }, at) => {
      const bars = trackers[at]?.hasBars === true ? (downbeats / count).toFixed(3) : '-'
      return `${(beats / count).toFixed(3)} | ${bars} | ${right} right, ${octave} an octave off`
    })
    console.log(`| mean of ${songs.length} | | ${means.join(' | ')} |`)
    return 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

interface Tracker {
  readonly name: string
  readonly hasBars: boolean
  readonly find: (song: Song) => { readonly beats: readonly Beat[]; readonly bpm: number }
}

function ourTracker(tracker: string, places: { readonly cli: string; readonly scratch: string }): Tracker {
  const find = (song: Song) => {
    const beats = beatsOf(song, { ...places, tracker })
    return { beats, bpm: tempoOfBeats(beats.map(({ atS }) => atS)) }
  }
  return { name: tracker, hasBars: true, find }
}

function asTracker({ name, beatsOf: findIn }: PeerTracker): Tracker {
  const find = ({ path }: Song) => {
    const { beats, bpm } = findIn(path)
    return { beats: beats.map((atS) => ({ atS, position: 0 })), bpm }
  }
  return { name, hasBars: false, find }
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

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
