import { existsSync, readFileSync } from 'node:fs'
import { noise } from '../store/noise.ts'

/** A commit that the store has acknowledged, as a writer's log keeps it. */
export interface Acknowledgement {
  readonly key: string
  /** The number from which the contents of the action's files were made. */
  readonly content: number
}

/** Returns the line of a log; a line that a kill cut short does not end. */
export function acknowledge({ key, content }: Acknowledgement): string {
  return `${key} ${content}\n`
}

/** Returns what a writer's log says, without a line that was cut short. */
export function readAcknowledgements(log: string): readonly Acknowledgement[] {
  if (!existsSync(log)) return []
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => {
    const [key = '', content = ''] = line.split(' ')
    return { key, content: Number(content) }
  })
}

const contents = new Map<string, Buffer>()

/** Returns the bytes that belong to a number: whoever reads them knows what they must be. */
export function contentOf(content: number, sizeBytes: number): Buffer {
  const name = `${content} ${sizeBytes}`
  const bytes = contents.get(name) ?? noise(sizeBytes, content + 1)
  contents.set(name, bytes)
  return bytes
}
