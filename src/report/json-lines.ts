import type { Listener } from '../core/index.ts'

/** Returns a listener that writes each event as one JSON object per line. */
export function jsonLines(write: (text: string) => void): Listener {
  return (event) => write(`${JSON.stringify(event)}\n`)
}
