import { inspect } from 'node:util'

/** Returns what there is to say of something that was thrown, which may be anything. */
export function wordsOf(thrown: unknown): { readonly message: string; readonly stack: string } {
  try {
    if (thrown instanceof Error) return { message: String(thrown.message), stack: String(thrown.stack ?? '') }
    return { message: typeof thrown === 'string' ? thrown : inspect(thrown), stack: '' }
  } catch {
    return { message: 'what it threw cannot be shown', stack: '' }
  }
}
