import { isAbsolute, relative } from 'node:path'

/** Returns a path as it is shortest for a reader who is in `cwd`: relative where it lies inside, else as it is. */
export function displayPath(path: string, cwd: string): string {
  const inside = relative(cwd, path)
  if (inside === '') return '.'
  return inside.startsWith('..') || isAbsolute(inside) ? path : `./${inside}`
}
