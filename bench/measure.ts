/** Something whose time is taken. `before` and `after` are not part of that time. */
export interface Contender {
  readonly name: string
  readonly before?: () => void | Promise<void>
  readonly run: () => void | Promise<void>
  readonly after?: () => void | Promise<void>
}

/** Something that would be measured if it were here: a program that is not installed, a file system without reflinks. */
export interface AbsentContender {
  readonly name: string
  readonly absent: string
}

/** What was measured of a contender, or why nothing was. */
export type Timing =
  | { readonly name: string; readonly samplesMs: readonly number[]; readonly medianMs: number }
  | AbsentContender

export interface MeasureOptions {
  readonly rounds: number
  /** Rounds before these that are thrown away; 1 by default. */
  readonly warmups?: number
  readonly nowMs?: () => number
}

/**
 * Times every contender once a round, in turn (A B A B), so that a disturbance or a clock that slows down with heat
 * meets all of them alike; what is compared then are medians.
 */
export async function interleave(
  contenders: readonly (Contender | AbsentContender)[],
  options: MeasureOptions,
): Promise<ReadonlyMap<string, Timing>> {
  const { rounds, warmups = 1, nowMs = () => performance.now() } = options
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let round = -warmups; round < rounds; round++) {
    for (const contender of contenders) {
      if ('absent' in contender) continue
      await contender.before?.()
      const began = nowMs()
      await contender.run()
      const tookMs = nowMs() - began
      await contender.after?.()
      if (round >= 0) samples.get(contender.name)?.push(tookMs)
    }
  }
  return new Map(
    contenders.map((contender): [string, Timing] => {
      if ('absent' in contender) return [contender.name, contender]
      const samplesMs = samples.get(contender.name) ?? []
      return [contender.name, { name: contender.name, samplesMs, medianMs: median(samplesMs) }]
    }),
  )
}

/** Returns the middle of the samples, or the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  if (upper === undefined || lower === undefined) throw new RangeError('no samples, so no median')
  return (lower + upper) / 2
}

/**
 * What is aimed at: so many times a peer's speed, at most so many times a peer's time, so many milliseconds, or so
 * much memory.
 */
export type Target = (
  | { readonly kind: 'speed'; readonly atLeast: number }
  | { readonly kind: 'time'; readonly atMost: number }
  | { readonly kind: 'duration'; readonly atMostMs: number }
  | { readonly kind: 'memory'; readonly atMostMiB: number }
) & {
  /**
   * How many times worse than the target is the floor, where a check fails: 2 by default, half the speed or twice the
   * time; more where the target was not reached yet, and `none` where it is far away.
   */
  readonly slack?: number | 'none'
}

/** How a measurement stands to its target. `reported`: there is none. */
export type Standing = 'met' | 'missed' | 'below-floor' | 'reported' | 'not-measured'

/** How much memory something took. */
export interface Footprint {
  readonly name: string
  readonly samplesMiB: readonly number[]
  readonly medianMiB: number
}

/** Ours against one peer, against a duration, or against an amount of memory. */
export interface Comparison {
  readonly work: string
  readonly ours: Timing | Footprint
  readonly peer?: Timing
  readonly target?: Target
  /** What is moved in one go, where bytes a second say something. */
  readonly bytes?: number
}

/** Returns the comparison's ratio in the direction of its target (speed without one), or undefined where none is meant. */
export function ratioOf({ ours, peer, target }: Comparison): number | undefined {
  if (!('medianMs' in ours) || peer === undefined || !('medianMs' in peer)) return undefined
  if (target?.kind === 'duration' || target?.kind === 'memory') return undefined
  return target?.kind === 'time' ? ours.medianMs / peer.medianMs : peer.medianMs / ours.medianMs
}

/** Returns how a comparison stands to its target. */
export function standingOf(comparison: Comparison): Standing {
  const { ours, target, peer } = comparison
  if ('medianMiB' in ours) {
    return target?.kind === 'memory' ? standing(ours.medianMiB / target.atMostMiB, target) : 'reported'
  }
  if (!('medianMs' in ours) || target?.kind === 'memory') return 'not-measured'
  if (target === undefined && peer === undefined) return 'reported'
  if (target?.kind === 'duration') return standing(ours.medianMs / target.atMostMs, target)
  const ratio = ratioOf(comparison)
  if (ratio === undefined) return 'not-measured'
  if (target === undefined) return 'reported'
  return standing(target.kind === 'speed' ? target.atLeast / ratio : ratio / target.atMost, target)
}

function standing(shareOfAllowedTime: number, { slack = 2 }: Target): Standing {
  if (shareOfAllowedTime <= 1) return 'met'
  return slack === 'none' || shareOfAllowedTime <= slack ? 'missed' : 'below-floor'
}

const headings = ['Work', 'Reprise', 'Peer', "Peer's", 'Ratio', 'Target', ''] as const

/** Returns the comparisons as an aligned Markdown table. */
export function tableOf(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison, index) => {
    const previous = comparisons[index - 1]
    const same = previous?.work === comparison.work && previous.ours === comparison.ours
    return [
      same ? '' : comparison.work,
      same ? '' : timingText(comparison.ours, comparison.bytes),
      comparison.peer?.name ?? '',
      comparison.peer === undefined ? '' : timingText(comparison.peer, comparison.bytes),
      ratioText(comparison),
      targetText(comparison.target),
      standingText(standingOf(comparison)),
    ]
  })
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(headings), line(widths.map((width) => '-'.repeat(Math.max(width, 3)))), ...rows.map(line)].join('\n')
}

function timingText(timing: Timing | Footprint, bytes: number | undefined): string {
  if ('medianMiB' in timing) return `${timing.medianMiB.toFixed(1)} MiB`
  if (!('medianMs' in timing)) return timing.absent
  const { medianMs } = timing
  const speed = bytes === undefined ? '' : `, ${(bytes / 1e6 / medianMs).toFixed(2)} GB/s`
  return `${durationText(medianMs)}${speed}`
}

function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)} ms`
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`
}

function ratioText(comparison: Comparison): string {
  const ratio = ratioOf(comparison)
  if (ratio === undefined) return ''
  return `${ratio.toFixed(2)} x ${comparison.target?.kind === 'time' ? 'time' : 'speed'}`
}

function targetText(target: Target | undefined): string {
  switch (target?.kind) {
    case undefined:
      return ''
    case 'speed':
      return `>= ${target.atLeast} x speed`
    case 'time':
      return `<= ${target.atMost} x time`
    case 'duration':
      return `<= ${target.atMostMs} ms`
    case 'memory':
      return `<= ${target.atMostMiB} MiB`
    default:
      return target satisfies never
  }
}

function standingText(standing: Standing): string {
  switch (standing) {
    case 'met':
      return 'met'
    case 'missed':
      return 'missed'
    case 'below-floor':
      return 'BELOW FLOOR'
    case 'not-measured':
      return 'not measured'
    case 'reported':
      return ''
    default:
      return standing satisfies never
  }
}
