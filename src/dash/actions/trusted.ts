import { sep } from 'node:path'

/** Returns whether a config lies where the dashboard was started, so that its code is what the person works on there. */
export function isWithin(root: string, config: string): boolean {
  return config.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)
}
