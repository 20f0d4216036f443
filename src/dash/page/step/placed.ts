import type { ShownFile } from '../../api/messages.ts'

/** A file with where it is. */
export interface Placed {
  readonly job: string
  readonly step: string
  readonly output: string
  readonly file: ShownFile
}

/** Returns the address of a file; that of another take than the one that is used, or of the result before, if it is named. */
export function addressOf({ job, step, output, file }: Placed, take?: number | 'before'): string {
  const parts = {
    job,
    step,
    output,
    ...(file.entry === '' ? {} : { entry: file.entry }),
    ...(take === undefined ? {} : take === 'before' ? { before: 'true' } : { take: String(take) }),
  }
  return `files?${Object.entries(parts)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')}`
}
