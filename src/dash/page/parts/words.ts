import { countText, durationText, sizeText } from '../../../report/text/amounts.ts'

export { countText, durationText, sizeText }

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Returns a time of the past as people say it: `just now`, `5 min ago`, `yesterday`, `12 Mar`. */
export function agoText(time: string | undefined, nowMs: number): string {
  if (time === undefined) return ''
  const date = new Date(time)
  const pastMs = nowMs - date.getTime()
  if (Number.isNaN(pastMs)) return ''
  if (pastMs < minuteMs) return 'just now'
  if (pastMs < hourMs) return `${Math.floor(pastMs / minuteMs)} min ago`
  if (pastMs < dayMs) return `${Math.floor(pastMs / hourMs)} h ago`
  if (pastMs < 2 * dayMs) return 'yesterday'
  const isThisYear = date.getFullYear() === new Date(nowMs).getFullYear()
  return date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
  })
}

/** An estimate that is exceeded by less is right. */
const patienceMs = 2000

/** Returns how long a run still takes, by an estimate and when it was made. */
export function leftText(leftMs: number, madeAt: string | undefined, nowMs: number): string {
  const rest = madeAt === undefined ? leftMs : leftMs - (nowMs - Date.parse(madeAt))
  return rest < -patienceMs ? 'longer than last time' : `${aboutText(Math.max(0, rest))} left`
}

/** Returns about how long something takes: rounded, because it is a guess. */
export function aboutText(ms: number): string {
  if (ms < 1000) return 'less than a second'
  if (ms < minuteMs) return `about ${Math.round(ms / 1000)} s`
  if (ms < hourMs) return `about ${Math.round(ms / minuteMs)} min`
  return `about ${Math.floor(ms / hourMs)} h ${Math.round((ms % hourMs) / minuteMs)} min`
}
