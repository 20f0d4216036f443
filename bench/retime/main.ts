import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatSrt } from '../../stages/cues/srt.ts'
import { readTimedFile } from '../../stages/cues/timed/timed-file.ts'
import { recordingsIn, synthesized } from '../speech/recordings.ts'
import { habitual, makeTalk, type TrueCue } from './talk.ts'

const usage = `npm run bench:retime -- [DIR ...] [--minutes N]

  DIR          recordings of speech, each with a .txt of the same name or a line in transcripts.tsv, which are joined to a
               talk with pauses of known length; synthesized sentences without one
  --minutes N  how long the talk is; 11 by default
`

/** A cue counts as right within this, in seconds. */
const toleranceS = 0.12

/** What was done to the subtitles of a talk, or to the talk. */
interface Damage {
  readonly name: string
  /** The time in the file of a time in the talk; undefined where the file has no such cue. */
  readonly file: (atS: number) => number | undefined
  /** The time in the film of a time in the talk; undefined where the film lacks it. */
  readonly film: (atS: number) => number | undefined
  /** The part of the talk that the film lacks. */
  readonly lacks?: readonly [fromS: number, toS: number]
}

const same = (atS: number) => atS
const damages: readonly Damage[] = [
  { name: 'right', file: same, film: same },
  { name: 'offset of 37.2 s', file: (atS) => atS + 37.2, film: same },
  { name: 'offset of -1.3 s', file: (atS) => (atS < 1.3 ? undefined : atS - 1.3), film: same },
  { name: 'stretch of 25/23.976', file: (atS) => (atS * 25 * 1001) / 24_000, film: same },
  { name: 'stretch of 1.37 %, 3 s early', file: (atS) => (atS < 3 ? undefined : atS * 1.0137 - 3), film: same },
  {
    name: 'the film lacks 3 minutes',
    file: same,
    film: (atS) => (atS < 240 ? atS : atS < 420 ? undefined : atS - 180),
    lacks: [240, 420],
  },
  {
    name: 'the file lacks 3 minutes',
    file: (atS) => (atS < 240 ? atS : atS < 420 ? undefined : atS - 180),
    film: same,
  },
  { name: 'of another film', file: (atS) => Math.max(0, 700 - atS), film: () => undefined },
]

/** Measures how well subtitles are fitted to a talk, prints a table, and returns the exit code. */
export function main(args: readonly string[], cli: string): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { minutes: { type: 'string', default: '11' }, help: { type: 'boolean', default: false } },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const scratch = mkdtempSync(join(tmpdir(), 'reprise-retime-'))
  try {
    const recordings =
      positionals.length === 0 ? synthesized(scratch) : positionals.flatMap((dir) => recordingsIn(resolve(dir)))
    const talk = join(scratch, 'talk.wav')
    const { cues, lengthS } = makeTalk({ recordings, output: talk, lengthS: 60 * Number(values.minutes), seed: 7 })
    console.log(
      `${cues.length} cues in ${Math.round(lengthS)} s of ${recordings.length} recordings; cues begin up to 50 ms early or`,
    )
    console.log('late and stay up to 0.5 s\n')
    console.log(
      '| subtitles | verdict | within 120 ms before | after | left out | time |\n| --- | --- | --- | --- | --- | --- |',
    )
    for (const damage of damages) console.log(rowOf({ cli, scratch, talk }, damage, cues))
    return 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

interface Measuring {
  readonly cli: string
  readonly scratch: string
  readonly talk: string
}

function rowOf({ cli, scratch, talk }: Measuring, damage: Damage, truth: readonly TrueCue[]): string {
  const film = damage.lacks === undefined ? talk : withoutPart(talk, join(scratch, 'cut.wav'), damage.lacks)
  const kept = habitual(truth, { jitterS: 0.05, lingerS: 0.5, seed: 3 }).flatMap((cue, index) => {
    const times = [damage.file(cue.startS), damage.file(cue.endS)]
      .flatMap((atS) => (atS === undefined ? [] : [Math.round(atS * 1000)]))
      .sort((one, other) => one - other)
    const [startMs, endMs] = times
    const spoken = truth[index]
    return startMs === undefined || endMs === undefined || spoken === undefined
      ? []
      : [{ startMs, endMs, lines: [`${index}`], dueS: damage.film(spoken.startS) }]
  })
  const file = join(scratch, 'subtitles.srt')
  const bytes = formatSrt(kept.map((cue) => cue))
  writeFileSync(file, bytes)
  const job = mkdtempSync(join(scratch, 'job-'))
  const began = performance.now()
  const ran = spawnSync(process.execPath, [
    cli,
    'run',
    'retime',
    film,
    file,
    '--job',
    job,
    '--store',
    join(scratch, 'store'),
  ])
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`
  if (ran.status !== 0)
    return `| ${damage.name} | failed: ${String(ran.stderr).trim().split('\n').at(-1)} | | | | ${took} |`
  const made = readFileSync(join(job, '03_retime', 'retimed', 'subtitles.srt'))
  const report: unknown = JSON.parse(readFileSync(join(job, '03_retime', 'fit.json'), 'utf8'))
  const verdict = typeof report === 'object' && report !== null && 'verdict' in report ? String(report.verdict) : '?'
  const startsOf = (content: Buffer) => {
    const read = readTimedFile(content)
    return new Map(read.ok ? read.value.cues.map(({ text, start }) => [text, start.ms / 1000] as const) : [])
  }
  const share = (content: Buffer) => {
    const starts = startsOf(content)
    const good = kept.filter(({ lines: [name = ''], dueS }) => {
      const atS = starts.get(name)
      return dueS === undefined || atS === undefined ? dueS === atS : Math.abs(atS - dueS) <= toleranceS
    })
    return `${((100 * good.length) / Math.max(1, kept.length)).toFixed(1)} %`
  }
  const isSame = made.equals(Buffer.from(bytes))
  const leftOut = kept.length - startsOf(made).size
  const after = damage.name === 'of another film' ? '' : share(made)
  const before = damage.name === 'of another film' ? '' : share(Buffer.from(bytes))
  return `| ${damage.name} | ${verdict}${isSame ? ', the same bytes' : ''} | ${before} | ${after} | ${leftOut} | ${took} |`
}

function withoutPart(talk: string, output: string, [fromS, toS]: readonly [number, number]): string {
  const filter = `[0:a]atrim=end=${fromS}[a];[0:a]atrim=start=${toS},asetpts=PTS-STARTPTS[b];[a][b]concat=n=2:v=0:a=1`
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', talk, '-filter_complex', filter, output])
  return output
}
