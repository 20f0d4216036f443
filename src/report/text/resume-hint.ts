import { shellWord } from '../../core/shell-word.ts'
import { printable } from './printable.ts'

/** Returns how to resume a job, whose directory is written as its reader would write it. */
export function resumeHint(jobDir: string): string {
  return `resume with: reprise run --job ${printable(shellWord(jobDir))}`
}
