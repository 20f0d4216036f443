import { durationText, sizeText } from '../../report/text/amounts.ts'
import type { CliContext } from '../command-line/cli-context.ts'

/** The progress of work on many bytes. */
export interface BytesDone {
  readonly bytesDone: number
  readonly bytesTotal: number
  /** Done by an earlier call, and so not part of the speed. */
  readonly bytesResumed?: number
}

/** A line on stderr with the progress of work, and the time left. */
export interface ByteProgress {
  show(done: BytesDone): void
  /** Removes the line from a terminal. */
  end(): void
}

const drawEveryMs = 100
/** A file or a pipe keeps every line, so it gets fewer. */
const lineEveryMs = 10_000
/** Before this, the rate is too inaccurate. */
const rateAfterMs = 500

/** Returns a progress line; `doing` is a word such as `verifying`. */
export function byteProgress(doing: string, { stderr, now }: Pick<CliContext, 'stderr' | 'now'>): ByteProgress {
  const startedMs = now()
  const everyMs = stderr.isTerminal ? drawEveryMs : lineEveryMs
  let shownMs = stderr.isTerminal ? Number.NEGATIVE_INFINITY : startedMs
  let drawn = false
  return {
    show(done) {
      const nowMs = now()
      if (nowMs - shownMs < everyMs) return
      shownMs = nowMs
      const text = `${doing}: ${progressText(done, nowMs - startedMs)}`
      drawn = stderr.isTerminal
      stderr.write(stderr.isTerminal ? `\r${text}\u001b[K` : `${text}\n`)
    },
    end() {
      if (drawn) stderr.write('\r\u001b[K')
      drawn = false
    },
  }
}

/** Returns `1.2 GB of 5 GB, 24%, about 12s left`. */
export function progressText({ bytesDone, bytesTotal, bytesResumed = 0 }: BytesDone, elapsedMs: number): string {
  const percent = bytesTotal === 0 ? 100 : Math.floor((100 * bytesDone) / bytesTotal)
  const parts = [`${sizeText(bytesDone)} of ${sizeText(bytesTotal)}`, `${percent}%`]
  const bytesHere = bytesDone - bytesResumed
  if (elapsedMs >= rateAfterMs && bytesHere > 0 && bytesDone < bytesTotal) {
    const leftMs = ((bytesTotal - bytesDone) / bytesHere) * elapsedMs
    parts.push(`about ${durationText(Math.max(1000, Math.round(leftMs / 1000) * 1000))} left`)
  }
  return parts.join(', ')
}
