/** A stretch of time with a text; a point where both times are the same. */
export interface AudacityLabel {
  readonly startS: number
  readonly endS: number
  readonly text: string
}

/**
 * Returns labels as Audacity imports them: a line each, with start, end and text between tabs, in seconds. A text that has
 * tabs or line breaks of its own, as the name of a file may, has spaces for them.
 */
export function formatAudacityLabels(labels: readonly AudacityLabel[]): string {
  return labels
    .map(({ startS, endS, text }) => `${startS.toFixed(6)}\t${endS.toFixed(6)}\t${text.replace(/[\t\r\n]+/g, ' ')}\n`)
    .join('')
}
