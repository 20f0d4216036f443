/** What a stage of the random graphs makes: a file, a tree, or two JSON values. */
export type Work = 'write' | 'spread' | 'judge'

/** Everything that one execution is given, by content; it determines what it makes. */
export interface Given {
  readonly work: Work
  readonly version: number
  readonly salt: number
  readonly list: readonly string[]
  readonly source?: string
  readonly item?: unknown
  readonly texts: readonly string[]
  /** Trees as path to content. */
  readonly folders: readonly Readonly<Record<string, string>>[]
  readonly values: readonly unknown[]
}

export type Tree = Readonly<Record<string, string>>
export interface Verdict {
  readonly flag: boolean
  readonly list: readonly string[]
}

/** Names an action by everything that determines it: what an engine's key must tell apart, and nothing else. */
export function actionOf(given: Given): string {
  const folders = given.folders.map((tree) => Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)))
  const { work, version, salt, list, source = null, item = null, texts, values } = given
  return JSON.stringify([work, version, salt, list, source, item, texts, folders, values])
}

/** FNV-1a, 32 bits. */
export function numberOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

/** Returns the file of a `write`; every third salt forgets most of what it was given, which cuts off early. */
export function written(given: Given): string {
  const number = numberOf(actionOf(given))
  return given.salt % 3 === 0 ? `${number % 4}` : `${number} of ${given.texts.length}`
}

/** Returns the tree of a `spread`. */
export function spread(given: Given): Tree {
  const number = numberOf(actionOf(given))
  return { 'a.txt': `${number % 7}`, [`d${number % 2}/b.txt`]: given.salt % 3 === 0 ? 'same' : `${number}` }
}

/** Returns the values of a `judge`; its list may hold an element twice. */
export function judged(given: Given): Verdict {
  const number = numberOf(actionOf(given))
  return { flag: number % 2 === 0, list: [...given.list, `d${number % 3}`] }
}

/** Returns whether a world in which the stages of one kind of input fail makes this execution fail. */
export function failsIn(failing: number | undefined, given: Given): boolean {
  return failing !== undefined && (numberOf(actionOf(given)) >>> 9) % 5 === failing
}
