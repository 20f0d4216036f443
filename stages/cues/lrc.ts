import type { Cue } from './cues.ts'
import { centiseconds } from './timestamp.ts'

/** A pause that is longer than this has a line without a text, with which players clear the last one. */
const pauseMs = 300

/** Returns cues as LRC, which players of music show: a line for each cue, its lines joined, with minutes above 59 as such. */
export function formatLrc(cues: readonly Cue[], { language, title }: { language: string; title: string }): string {
  const lines = cues.flatMap(({ startMs, endMs, lines: texts }, index) => {
    const nextMs = cues[index + 1]?.startMs ?? Number.POSITIVE_INFINITY
    const text = `${time(startMs)}${texts.join(' ')}`
    return nextMs - endMs > pauseMs ? [text, time(endMs)] : [text]
  })
  return [`[ti:${title}]`, `[la:${language}]`, ...lines, ''].join('\n')
}

function time(ms: number): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `[${pad(Math.floor(ms / 60_000))}:${pad(Math.floor(ms / 1000) % 60)}.${centiseconds(ms)}]`
}
