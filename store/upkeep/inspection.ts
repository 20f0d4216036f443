import type { TableName } from '../lmdb/index-environment.ts'
import type { DirectoryStore } from '../local/directory-store.ts'

/** The result of a look-up by a key or a digest, or by its first digits. */
export type Inspection<Value> =
  | { readonly kind: 'found'; readonly value: Value }
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous'; readonly matches: readonly string[] }

export const matchesMax = 20

/** Describes the only match, or says why there is none. */
export function single<Value>(
  matches: readonly string[],
  describe: (match: string) => Value | undefined,
): Inspection<Value> {
  const [only, second] = matches
  if (only === undefined) return { kind: 'absent' }
  if (second !== undefined) return { kind: 'ambiguous', matches }
  const value = describe(only)
  return value === undefined ? { kind: 'absent' } : { kind: 'found', value }
}

/** Returns the keys in some tables that begin with some hexadecimal digits. */
export function keysBeginning(
  { context }: DirectoryStore,
  tables: readonly TableName[],
  prefix: string,
): readonly string[] {
  if (!/^[0-9a-f]{1,64}$/.test(prefix)) return []
  const found = new Set<string>()
  // The least key with that prefix; an odd last digit is the upper half of its byte.
  const start = Buffer.from(prefix.padEnd(prefix.length + (prefix.length % 2), '0'), 'hex')
  for (const table of tables) {
    for (const { key } of context.db.table(table).entries(start)) {
      const hash = Buffer.from(key).toString('hex')
      if (!hash.startsWith(prefix) || found.size > matchesMax) break
      found.add(hash)
    }
  }
  return [...found].sort()
}
