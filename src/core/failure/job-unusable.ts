import type { Failure } from './failure.ts'

/** What the command line and programs call what is to be chosen. */
export const chooseAnother = 'choose another (--job DIR; jobDir in a program)'

/** Returns why a path of a job cannot be used, for `error`s of the file system. */
export function jobUnusable(dir: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return { kind: 'job-unusable', dir, reason: reasonOf(code) }
}

function reasonOf(code: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `there is no permission to write to it; ${chooseAnother}`
    case 'EROFS':
      return `it is on a read-only file system; ${chooseAnother}`
    case 'ENOTDIR':
    case 'EEXIST':
      return `it, or a folder above it, is a file; ${chooseAnother}`
    case 'ENOENT':
      return `no folder can be made there; ${chooseAnother}`
    case 'ENOSPC':
      return `the disk is full; free some space, or ${chooseAnother}`
    default:
      return code
  }
}
