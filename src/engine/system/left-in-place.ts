/** Returns what is to be said of something in a job that the runner cannot remove. */
export function leftBehind(path: string, why: string): string {
  return `${path} cannot be removed (${why}), so it stays; remove it as the user who owns it`
}

/** Returns what is to be said of a symbolic link where the runner writes. */
export function linkReplaced(path: string): string {
  return `${path} was a symbolic link; it is replaced, and what it pointed to is left as it is`
}
