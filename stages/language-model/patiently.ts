import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelFailure } from './language-model.ts'

/** What a function that asks needs of a stage's context. */
export interface AskHost {
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** How often a server that is busy is asked, and how long is waited at first. */
const mostTries = 5
const firstWaitMs = 500
const longestWaitMs = 60_000

type Tried<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: ModelFailure }

/** Asks a server; where it is busy, waits as long as it says and asks again. */
export async function patiently<Value>(
  ask: () => Promise<Tried<Value>>,
  { signal, log }: AskHost,
): Promise<Tried<Value>> {
  for (let tries = 1; ; tries += 1) {
    const asked = await ask()
    if (asked.ok || asked.error.kind !== 'busy' || tries === mostTries) return asked
    const waitMs = Math.min(longestWaitMs, asked.error.retryAfterMs ?? firstWaitMs * 2 ** (tries - 1))
    log(`${asked.error.message}; asked again in ${waitMs} ms (${tries + 1} of ${mostTries})`)
    await sleep(waitMs, undefined, { signal })
  }
}
