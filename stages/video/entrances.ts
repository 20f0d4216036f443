import type { Frame } from '../drawing/scene-layout.ts'

/** A picture that comes in over the others. */
export interface LayerFile {
  readonly path: string
  readonly x: number
  readonly y: number
  /** When it comes in, in seconds. */
  readonly startS: number
}

export interface Entrances {
  readonly frame: Frame
  readonly fps: number
  readonly frames: number
  readonly layers: readonly LayerFile[]
}

/** Frames in which the same layers are still, and the same ones move or have not settled. */
export interface Span {
  readonly from: number
  readonly to: number
  /** So many layers, the first ones, are where they stay. */
  readonly settled: number
  /** The layers over them that are seen, too. */
  readonly moving: readonly number[]
}

const entranceS = 0.45
/** How far a layer rises while it comes in, in pixels of a picture of 1080 lines. */
const rise = 22
/** How pictures are converted for the encoder. */
export const colours = 'out_color_matrix=bt709:out_range=tv'

/** Returns a scene as spans. A layer is settled only after all that lie under it: each is drawn over those before it. */
export function entranceSpans({ fps, frames, layers }: Omit<Entrances, 'frame'>): readonly Span[] {
  const entrances = layers.map(({ startS }) => {
    const start = Number(startS.toFixed(4))
    // One frame more than the entrance takes, so that nothing hangs on how its end is rounded.
    return { first: Math.ceil(start * fps - 1e-6), done: Math.ceil((start + entranceS) * fps + 1e-6) + 1 }
  })
  const places = [0, frames, ...entrances.flatMap(({ first, done }) => [first, done])]
  const cuts = [...new Set(places.map((at) => Math.min(frames, Math.max(0, at))))].sort((one, other) => one - other)
  return cuts.slice(0, -1).map((from, index) => {
    const unsettled = entrances.findIndex(({ done }) => done > from)
    const settled = unsettled < 0 ? layers.length : unsettled
    const moving = entrances.flatMap(({ first }, layer) => (layer >= settled && first <= from ? [layer] : []))
    return { from, to: cuts[index + 1] ?? frames, settled, moving }
  })
}

/**
 * Returns ffmpeg's filters that let layers come in over a background, which is input 0, and they those after it. What is
 * settled is laid over each other once and repeated: only the frames in which something moves are made one by one.
 */
export function entranceGraph({ frame, fps, frames, layers }: Entrances, out: string): readonly string[] {
  const spans = entranceSpans({ fps, frames, layers })
  const graph: string[] = []
  const takes = new Map<string, number>()
  /** Names the next of the copies of a picture. */
  const take = (name: string) => {
    const count = takes.get(name) ?? 0
    takes.set(name, count + 1)
    return `[${name}_${count}]`
  }
  const still = (count: number) => `base${count}`
  const bases = Math.max(0, ...spans.map(({ settled }) => settled))
  for (let count = 0; count < bases; count++) {
    const { x = 0, y = 0 } = layers[count] ?? {}
    const both = `${take(still(count))}${take(`layer${count}`)}`
    graph.push(`${both}overlay=x=${x}:y=${y}:format=yuv420[${still(count + 1)}]`)
  }
  for (const [index, { from, to, settled, moving }] of spans.entries()) {
    // Times are those of the scene, by which layers are faded and moved.
    const held = `loop=loop=-1:size=1:start=0,trim=end_frame=${to - from},setpts=(N+${from})/(${fps}*TB)`
    graph.push(`${take(still(settled))}${held}[under${index}_0]`)
    for (const [place, layer] of moving.entries()) {
      const { x = 0, y = 0, startS = 0 } = layers[layer] ?? {}
      const distance = Math.round((rise * Math.min(frame.width, frame.height)) / 1080)
      const start = startS.toFixed(4)
      const moved = `${y}+${distance}*pow(max(0\\,min(1\\,1-(t-${start})/${entranceS}))\\,3)`
      graph.push(
        `${take(`layer${layer}`)}${held},fade=t=in:st=${start}:d=${entranceS}:alpha=1[over${index}_${place}]`,
        `[under${index}_${place}][over${index}_${place}]overlay=x=${x}:y='${moved}':format=yuv420:eval=frame[under${index}_${place + 1}]`,
      )
    }
    graph.push(`[under${index}_${moving.length}]setpts=PTS-STARTPTS[span${index}]`)
  }
  const all = spans.map((_, index) => `[span${index}]`).join('')
  graph.push(`${all}concat=n=${spans.length}:v=1:a=0,settb=1/${fps},setpts=N[${out}]`)
  const copies = (name: string) => {
    const count = takes.get(name) ?? 0
    return `split=${count}${Array.from({ length: count }, (_, index) => `[${name}_${index}]`).join('')}`
  }
  return [
    `[0:v]scale=${colours},format=yuv420p,${copies(still(0))}`,
    ...Array.from({ length: bases }, (_, index) => `[${still(index + 1)}]${copies(still(index + 1))}`),
    ...layers.flatMap((_, index) =>
      takes.has(`layer${index}`) ? [`[${index + 1}:v]scale=${colours},format=yuva420p,${copies(`layer${index}`)}`] : [],
    ),
    ...graph,
  ]
}
