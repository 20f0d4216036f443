import { isAbsolute, relative } from 'node:path'

/** Returns a path as a reader in `cwd` would write it: relative if it is inside, else absolute. */
export function displayPath(path: string, cwd: string): string {
  const inside = relative(cwd, path)
  if (inside === '') return '.'
  return inside.startsWith('..') || isAbsolute(inside) ? path : `./${inside}`
}
