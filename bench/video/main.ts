import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { changedDocument, documentOf } from './document.ts'
import { cutsNear, loudnessOf, onsetsOf } from './film.ts'

const usage = `npm run bench:video -- [--scenes N] [--quick] [--check]

  --scenes N   how many scenes the document has; 16 by default, 4 with --quick
  --quick      4 scenes at 720p and 12 frames a second
  --check      exit code 1 where a goal is missed; goals of time count only in the full form

Makes a film of a document, and measures the film itself: not what the pipeline reports of it.
`

const goals = { syncMs: 15, loudnessLu: 0.2, targetLufs: -16, peakDb: -1, captionMs: 50, editShare: 0.15 } as const
const fpsOf = { full: 30, quick: 12 } as const

interface Row {
  readonly name: string
  readonly figure: string
  readonly goal: string
  readonly isMet: boolean
  /** Times are those of the machine, so they are checked in the full form only. */
  readonly isTime?: boolean
}

/** Measures a film that `video` makes, prints a table, and returns the exit code. */
export function main(args: readonly string[], cli: string): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenes: { type: 'string' },
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const scenes = Number(values.scenes ?? (values.quick ? 4 : 16))
  const fps = values.quick ? fpsOf.quick : fpsOf.full
  const scratch = mkdtempSync(join(tmpdir(), 'reprise-video-'))
  try {
    const make = makerOf({ cli, scratch, flags: values.quick ? ['-p', 'size=720p', '-p', `fps=${fps}`] : [] })
    const cold = make(documentOf(scenes))
    const film = measured(join(scratch, 'job'), fps)
    const edit = make(changedDocument(scenes))
    const rows = [...film, ...timesOf({ cold, edit, scratch })]
    console.log(
      `${scenes} scenes, ${values.quick ? '720p' : '1080p'} at ${fps} frames a second, the voice slt of flite\n`,
    )
    console.log('| Measured | Figure | Goal | |\n| --- | --- | --- | --- |')
    for (const { name, figure, goal, isMet } of rows)
      console.log(`| ${name} | ${figure} | ${goal} | ${isMet ? 'met' : 'missed'} |`)
    const missed = rows.filter(({ isMet, isTime }) => !isMet && !(isTime === true && values.quick))
    return values.check && missed.length > 0 ? 1 : 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** How long a run took, and its scenes' drawing from the first to the last. */
interface Run {
  readonly tookS: number
  /** The CPU time of the run and all that it started. */
  readonly cpuS: number
  readonly drawingS: number
  readonly drawn: number
  /** The CPU time of drawing and encoding: how busy the machine is changes it little. */
  readonly drawingCpuS: number
}

interface Making {
  readonly cli: string
  readonly scratch: string
  readonly flags: readonly string[]
}

function makerOf({ cli, scratch, flags }: Making) {
  const [document, job, store, times] = ['talk.md', 'job', 'store', 'times'].map((name) => join(scratch, name))
  return (text: string): Run => {
    writeFileSync(document ?? '', text)
    const places = ['--job', job ?? '', '--store', store ?? '']
    const began = performance.now()
    const command = [cli, 'run', 'video', document ?? '', ...places, '-p', 'voice=slt', '--json', ...flags]
    // The shell knows what its children took.
    const timed = ['-c', 'to=$1; shift; "$@" && times > "$to"', 'sh', times ?? '', process.execPath, ...command]
    const printed = execFileSync('sh', timed, {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const tookS = (performance.now() - began) / 1000
    const events = printed.split('\n').flatMap((line) => (line === '' ? [] : [Object(JSON.parse(line))]))
    const drawing = events.filter(({ stage }) => String(stage).startsWith('render/'))
    const at = (name: string) => drawing.flatMap(({ event, ts }) => (event === name ? [Date.parse(String(ts))] : []))
    const [starts, ends] = [at('stage_running'), at('stage_completed')]
    return {
      tookS,
      cpuS: childrenCpuS(readFileSync(times ?? '', 'utf8')),
      drawingS: (Math.max(...ends) - Math.min(...starts)) / 1000,
      drawn: starts.length,
      drawingCpuS: cpuOf(join(job ?? '', '06_render')),
    }
  }
}

/** Reads what the `times` of a shell prints: a line for itself, and one for its children. */
function childrenCpuS(printed: string): number {
  const [, children = ''] = printed.trim().split('\n')
  const spans = [...children.matchAll(/(\d+)m([\d.]+)s/g)]
  return spans.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0)
}

function cpuOf(steps: string): number {
  const manifests = readdirSync(steps).map((name) =>
    Object(JSON.parse(readFileSync(join(steps, name, 'manifest.json'), 'utf8'))),
  )
  return manifests.reduce((sum, { cpu_time_ms: ms }) => sum + (Number(ms) || 0) / 1000, 0)
}

interface Timing {
  readonly durationS: number
  readonly scenes: readonly {
    readonly startS: number
    readonly pieces: readonly { readonly text: string; readonly startS: number }[]
  }[]
}

function measured(job: string, fps: number): readonly Row[] {
  const film = join(job, '09_output', 'film.mp4')
  const { scenes } = JSON.parse(readFileSync(join(job, '09_output', 'timing.json'), 'utf8')) as Timing
  const onsets = onsetsOf(film)
  const nearest = (atS: number) =>
    onsets.reduce((best, one) => (Math.abs(one - atS) < Math.abs(best - atS) ? one : best), 1e9)
  const boundaries = scenes.slice(1)
  const cuts = cutsNear(
    film,
    boundaries.map(({ startS }) => startS),
    fps,
  )
  // What is said first sounds so long after the cut as it should after its scene begins.
  const apart = boundaries.map(({ startS, pieces }, at) => {
    const dueS = (pieces[0]?.startS ?? 0) - startS
    return Math.abs(nearest((cuts[at] ?? 0) + dueS) - ((cuts[at] ?? 0) + dueS)) * 1000
  })
  const { integratedLufs, truePeakDb } = loudnessOf(film)
  const late = inTimes(readFileSync(join(job, '09_output', 'captions', 'en.srt'), 'utf8')).map(
    (startS) => Math.abs(nearest(startS) - startS) * 1000,
  )
  const worst = (values: readonly number[]) => Math.max(0, ...values)
  const validation = JSON.parse(readFileSync(join(job, '04_validate', 'report.json'), 'utf8')) as {
    readonly warnings: readonly unknown[]
  }
  const { syncMs, loudnessLu, targetLufs, peakDb, captionMs } = goals
  return [
    {
      name: `sound against picture at ${apart.length} boundaries`,
      figure: `at most ${worst(apart).toFixed(1)} ms`,
      goal: `<= ${syncMs} ms`,
      isMet: apart.length > 0 && worst(apart) <= syncMs,
    },
    {
      name: 'loudness after encoding',
      figure: `${integratedLufs.toFixed(1)} LUFS, peak ${truePeakDb.toFixed(1)} dBTP`,
      goal: `${targetLufs} LUFS within ${loudnessLu}, peak <= ${peakDb} dBTP`,
      // The meter prints tenths.
      isMet: Math.abs(integratedLufs - targetLufs) <= loudnessLu + 0.05 && truePeakDb <= peakDb,
    },
    {
      name: `in-times of ${late.length} captions against the speech`,
      figure: `at most ${worst(late).toFixed(0)} ms`,
      goal: `<= ${captionMs} ms`,
      isMet: late.length > 0 && worst(late) <= captionMs,
    },
    {
      name: `text that fits, of ${scenes.length} scenes`,
      figure: `${validation.warnings.length} warnings`,
      goal: '0',
      isMet: validation.warnings.length === 0,
    },
  ]
}

/** Returns when the captions begin, in seconds, that begin a sentence: those within one have no pause before them. */
function inTimes(srt: string): readonly number[] {
  const cues = srt.trim().split('\n\n')
  return cues.flatMap((cue, at) => {
    const [, hours, minutes, seconds, thousandths] = /(\d+):(\d\d):(\d\d),(\d{3}) -->/.exec(cue) ?? []
    const startS = 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds) + Number(thousandths) / 1000
    return at === 0 || /[.!?]$/.test(cues[at - 1] ?? '') ? [startS] : []
  })
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} % (${part.toFixed(1)} s of ${whole.toFixed(1)} s)`
}

function timesOf({
  cold,
  edit,
  scratch,
}: {
  readonly cold: Run
  readonly edit: Run
  readonly scratch: string
}): readonly Row[] {
  const timing = JSON.parse(readFileSync(join(scratch, 'job', '09_output', 'timing.json'), 'utf8')) as Timing
  const share = edit.tookS / cold.tookS
  const speed = timing.durationS / cold.drawingS
  return [
    {
      name: 'a changed sentence, of a cold run',
      figure: `${percent(edit.tookS, cold.tookS)}; of the CPU time ${percent(edit.cpuS, cold.cpuS)}; ${edit.drawn} scene drawn`,
      goal: `< ${100 * goals.editShare} %`,
      isMet: share < goals.editShare && edit.drawn === 1,
      isTime: true,
    },
    {
      name: 'drawing and encoding',
      figure: `${timing.durationS.toFixed(1)} s of film in ${cold.drawingS.toFixed(1)} s, ${cold.drawingCpuS.toFixed(1)} s of CPU: ${speed.toFixed(2)} x`,
      goal: '> 1 x',
      isMet: speed > 1,
      isTime: true,
    },
  ]
}
