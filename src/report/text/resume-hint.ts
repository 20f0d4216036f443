import { printable } from './printable.ts'
import { shellWord } from './shell-word.ts'

/** Returns how to resume a job, whose directory is written as its reader would write it. */
export function resumeHint(jobDir: string): string {
  return `resume with: reprise run --job ${printable(shellWord(jobDir))}`
}
