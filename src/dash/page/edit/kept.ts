/** What was typed and is not saved yet: the text it began with, and the text with it. */
export interface Kept {
  readonly base: string
  readonly text: string
}

const nameOf = (key: string) => `reprise-edit ${key}`

/** Keeps in this tab what was typed, also over a reload, until it is saved. */
export function keep(key: string, { base, text }: Kept): boolean {
  try {
    sessionStorage.setItem(nameOf(key), JSON.stringify({ base, text }))
    return true
  } catch {
    // The browser has no room, or keeps nothing.
    return false
  }
}

export function forget(key: string): void {
  try {
    sessionStorage.removeItem(nameOf(key))
  } catch {
    // Then nothing was kept.
  }
}

export function kept(key: string): Kept | undefined {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(nameOf(key)) ?? 'null')
    return isKept(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null || !('base' in value) || !('text' in value)) return false
  return typeof value.base === 'string' && typeof value.text === 'string'
}
