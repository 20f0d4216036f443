import type { FitReport } from './fit-report.ts'

/** Says in a sentence what was done to a subtitle file. */
export function summaryOf({
  verdict,
  cues,
  speed,
  pieces,
  before,
  after,
  ratio,
  recognized,
}: Pick<FitReport, 'verdict' | 'cues' | 'speed' | 'pieces' | 'before' | 'after' | 'ratio' | 'recognized'>): string {
  const voiced = `${percent(before.voiced)} of their time somebody speaks`
  if (verdict === 'right') return `the ${cues} subtitles are right as they are: ${voiced}; nothing was changed`
  if (verdict === 'unclear') {
    const unsure = `nothing fits the ${cues} subtitles for sure, so nothing was changed: are they of this film?`
    return recognized
      ? unsure
      : `${unsure} If they are in the spoken language, -p recognizer=auto compares their words, too, and is surer`
  }
  const [first] = pieces
  const what = [
    ...(ratio === 1 ? [] : [`played at another speed (${speed})`]),
    ...(pieces.length === 1 && first !== undefined
      ? [`moved by ${signed(first.offsetS)}`]
      : [`moved in ${pieces.length} pieces, by ${pieces.map(({ offsetS }) => signed(offsetS)).join(', ')}`]),
  ]
  return `the ${cues} subtitles were ${what.join(' and ')}: voice in ${percent(before.voiced)} of their time before, in ${percent(after.voiced)} now`
}

/** Returns an offset with its sign. */
export function signed(seconds: number): string {
  return `${seconds < 0 ? '-' : '+'}${Math.abs(seconds).toFixed(2)} s`
}

/** Returns a share as it is read. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
