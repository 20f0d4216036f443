import { resolve, sep } from 'node:path'

/** Returns what `resolve` does; a path that needs nothing done, as most do, is told by less than half of the work. */
export function absolutePath(path: string): string {
  const isPlain =
    path.startsWith('/') && sep === '/' && !path.includes('//') && !path.includes('/.') && !path.endsWith('/')
  return isPlain ? path : resolve(path)
}
