import type { Commands } from '../actions/commands.ts'
import { type Answer, failure, json, type Route } from '../gate/route.ts'

const size = /^\d+(\.\d+)? ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$/i
const days = /^\d+ ?(d|h)$/

/** What the store holds, what a limit would remove, and what is made of one recording. */
export function cacheRoutes(commands: Commands): readonly Route[] {
  const answer = async (words: readonly string[], shown: readonly string[], signal: AbortSignal): Promise<Answer> => {
    const output = await commands.output([...words, '--json', '--store', commands.storeDir], signal)
    if (!output.ok) return failure(409, output.error)
    const report: unknown = JSON.parse(output.value)
    return json({ command: commands.shown(shown), report })
  }
  return [
    {
      path: '/api/cache',
      method: 'GET',
      handle: ({ signal }) => answer(['cache', 'stats'], ['cache', 'stats'], signal),
    },
    {
      path: '/api/gc',
      method: 'POST',
      handle: ({ body: { maxSize, maxAge, removes, ...rest }, signal }) => {
        const isLimited = maxSize !== undefined || maxAge !== undefined
        const isFit = isOf(maxSize, size) && isOf(maxAge, days) && typeof removes === 'boolean' && isLimited
        if (!isFit || Object.keys(rest).length > 0) return failure(400, 'a size is written as 10GB, an age as 30d')
        const words = [
          'cache',
          'gc',
          ...(typeof maxSize === 'string' ? ['--max-size', maxSize.replace(' ', '')] : []),
          ...(typeof maxAge === 'string' ? ['--max-age', maxAge.replace(' ', '')] : []),
        ]
        return answer(removes ? words : [...words, '--dry-run'], words, signal)
      },
    },
    {
      path: '/api/forget',
      method: 'POST',
      handle: ({ body: { source, removes, ...rest }, signal }) => {
        const isFit = typeof source === 'string' && /^[^-\0][^\0]*$/.test(source) && typeof removes === 'boolean'
        if (!isFit || Object.keys(rest).length > 0) return failure(400, 'name the recording by its path')
        const words = ['cache', 'forget', '--source', source]
        return answer(removes ? words : [...words, '--dry-run'], words, signal)
      },
    },
  ]
}

function isOf(value: unknown, pattern: RegExp): boolean {
  return value === undefined || (typeof value === 'string' && pattern.test(value))
}
