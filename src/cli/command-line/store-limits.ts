import type { Result, StoreLimits } from '../../../store/index.ts'
import type { CliContext } from './cli-context.ts'
import { parseSize } from './quantity.ts'

/** Returns the limits of the store in `REPRISE_MAX_SIZE` and `REPRISE_MIN_FREE`. */
export function storeLimits({ env }: Pick<CliContext, 'env'>): Result<StoreLimits, string> {
  const maxSize = sizeIn(env, 'REPRISE_MAX_SIZE')
  if (!maxSize.ok) return maxSize
  const minFree = sizeIn(env, 'REPRISE_MIN_FREE')
  if (!minFree.ok) return minFree
  return {
    ok: true,
    value: {
      ...(maxSize.value === undefined ? {} : { maxSizeBytes: maxSize.value }),
      ...(minFree.value === undefined ? {} : { minFreeBytes: minFree.value }),
    },
  }
}

function sizeIn(env: CliContext['env'], name: string): Result<number | undefined, string> {
  const text = env[name] ?? ''
  if (text === '') return { ok: true, value: undefined }
  const value = parseSize(text)
  return value === undefined
    ? { ok: false, error: `${name} is '${text}', which is not a valid size; use a size such as 10GB or 500MiB` }
    : { ok: true, value }
}
