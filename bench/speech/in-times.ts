import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeTalk } from '../retime/talk.ts'
import { synthesized } from './recordings.ts'

const rates = [24, 25, 30] as const
const voices = ['slt', 'awb', 'rms'] as const
/** A frame rate is met where so many of a hundred begin within two frames, and so many within three. */
const goals = { two: 95, three: 99 } as const

interface Measuring {
  readonly cli: string
  readonly scratch: string
  readonly lengthS: number
  readonly recognizers: readonly string[]
}

/** Subtitles a talk of several voices whose times are known, and prints how far from its words each subtitle begins. */
export function measureInTimes({ cli, scratch, lengthS, recognizers }: Measuring): void {
  const recordings = voices.flatMap((voice) => synthesized(scratch, voice))
  const { path, cues } = makeTalk({ recordings, output: join(scratch, 'talk.wav'), lengthS, seed: 11 })
  // What is long is cut into cues of about the same length, whose inner times are no truth.
  const begins = cues.filter(({ text }) => /^\p{Lu}/u.test(text)).map(({ startS }) => startS)
  const columns = rates.map((rate) => `within 2, 3 frames at ${rate}`)
  console.log(`| recognizer | sentences | median | ${columns.join(' | ')} | goal |`)
  console.log(`| --- | --- | --- | ${columns.map(() => '---').join(' | ')} | --- |`)
  for (const recognizer of recognizers) {
    const job = join(scratch, 'job')
    rmSync(job, { recursive: true, force: true })
    const args = ['run', 'subtitles', path, '--job', job, '--store', join(scratch, 'store'), '--to', 'subtitles']
    try {
      execFileSync(process.execPath, [cli, ...args, '-p', `recognizer=${recognizer}`], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    } catch (error) {
      if (error instanceof Error && 'stderr' in error) console.error(String(error.stderr).trim())
      console.log(`| ${recognizer} | cannot be run here |`)
      continue
    }
    const starts = startsOf(readFileSync(join(job, '04_subtitles', 'tracks', 'en.srt'), 'utf8'))
    const misses = begins.map((begin) => Math.min(...starts.map((start) => Math.abs(start - begin))))
    console.log(rowOf(recognizer, misses))
  }
}

function rowOf(recognizer: string, misses: readonly number[]): string {
  const share = (limitS: number) => (100 * misses.filter((miss) => miss <= limitS + 0.0005).length) / misses.length
  const shares = rates.map((rate) => [share(2 / rate), share(3 / rate)] as const)
  const median = misses.toSorted((one, other) => one - other)[Math.floor(misses.length / 2)] ?? 0
  const isMet = shares.every(([two, three]) => two >= goals.two && three >= goals.three)
  const cells = shares.map(([two, three]) => `${two.toFixed(0)} %, ${three.toFixed(0)} %`)
  const goal = `${goals.two} %, ${goals.three} %: ${isMet ? 'met' : 'missed'}`
  return `| ${recognizer} | ${misses.length} | ${(1000 * median).toFixed(0)} ms | ${cells.join(' | ')} | ${goal} |`
}

/** Returns when the cues of a SubRip file begin, in seconds. */
function startsOf(srt: string): readonly number[] {
  return [...srt.matchAll(/^(\d+):(\d\d):(\d\d),(\d{3}) -->/gm)].map(([, hours, minutes, seconds, thousandths]) => {
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(thousandths) / 1000
  })
}
