import type { JsonValue } from '../contract/json.ts'
import { isAmount, isArray, isObject } from '../contract/json-guards.ts'
import type { DurationSample, Durations } from '../contract/local/ledger.ts'
import { valueOr } from '../disk/io-failure.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'

/** More than these say little about the next one: machines and versions change. */
const samplesMax = 20

interface Waiting {
  readonly stage: string
  readonly device: string
  readonly samples: DurationSample[]
}

/** Returns the durations that a store's index keeps. */
export function createDurations({ db, pending }: { readonly db: IndexDb; readonly pending: PendingWrites }): Durations {
  const table = db.table('durations-1')
  const fresh = pending.collect<string, Waiting>((entries) => {
    for (const { stage, device, samples } of entries.values()) {
      const all = [...stored(stage, device), ...samples].slice(-samplesMax)
      const rows = all.map(({ durationMs, inputBytes }) => [durationMs, inputBytes])
      putJson(table, textKey(stage, device), { stage, device, samples: rows })
    }
  })

  function stored(stage: string, device: string): readonly DurationSample[] {
    return parseSamples(readJson(table, textKey(stage, device)))
  }

  return {
    record(stage, device, sample) {
      const name = `${stage}\0${device}`
      const waiting = fresh.get(name) ?? { stage, device, samples: [] }
      waiting.samples.push(sample)
      if (waiting.samples.length > samplesMax) waiting.samples.shift()
      fresh.set(name, waiting)
    },
    recent(stage, device) {
      const waiting = fresh.get(`${stage}\0${device}`)?.samples ?? []
      return [...valueOr([], () => stored(stage, device)), ...waiting].slice(-samplesMax)
    },
  }
}

function parseSamples(value: JsonValue | undefined): readonly DurationSample[] {
  if (!isObject(value) || !isArray(value.samples)) return []
  const samples: DurationSample[] = []
  for (const row of value.samples) {
    if (!isArray(row)) continue
    const [durationMs, inputBytes] = row
    if (isAmount(durationMs) && isAmount(inputBytes)) samples.push({ durationMs, inputBytes })
  }
  return samples
}
