import type { Failure } from './failure.ts'

/** What to do about it, for the command line and for programs. */
export const chooseAnother = 'choose another one (--job DIR, or jobDir in a program)'

/** Returns the failure for an error of the file system at a path of a job. */
export function jobUnusable(dir: string, error: unknown): Failure {
  const code =
    error instanceof Error && 'code' in error
      ? String(error.code)
      : error instanceof Error
        ? error.message
        : String(error)
  return { kind: 'job-unusable', dir, reason: reasonOf(code) }
}

function reasonOf(code: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `permission denied; ${chooseAnother}`
    case 'EROFS':
      return `it is on a read-only file system; ${chooseAnother}`
    case 'ENOTDIR':
    case 'EEXIST':
      return `it or a parent directory is a file; ${chooseAnother}`
    case 'ENOENT':
      return `its parent directory does not exist and cannot be created; ${chooseAnother}`
    case 'ENOSPC':
      return `the disk is full; free some space, or ${chooseAnother}`
    default:
      return code
  }
}
