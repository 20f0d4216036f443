import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { authorLine } from '../../../src/core/failure/author-line.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const stack = (...frames: string[]) => ['Error: no', ...frames.map((frame) => `    at ${frame}`)].join('\n')

describe("the author's own line", () => {
  it.each([
    [
      'is the innermost frame of a function',
      ['run (/own/stage.ts:12:5)', 'other (/own/other.ts:3:1)'],
      '/own/stage.ts:12',
    ],
    ['may have no function', ['/own/stage.ts:12:5'], '/own/stage.ts:12'],
    ['may be asynchronous', ['async /own/stage.ts:12:5'], '/own/stage.ts:12'],
    ['may be a URL', ['run (file:///own/a%20b.mjs:12:5)'], '/own/a b.mjs:12'],
    ['is below the frames of packages', ['f (/own/node_modules/z/z.js:1:2)', 'run (/own/s.ts:2:3)'], '/own/s.ts:2'],
    ['is below those of Node', ['JSON.parse (<anonymous>)', 'f (node:fs:1:2)', 'run (/own/s.ts:2:3)'], '/own/s.ts:2'],
    ['is below those of the runner', [`exec (${root}/src/engine/a.ts:1:2)`, 'run (/own/s.ts:2:3)'], '/own/s.ts:2'],
  ])('%s', (_name, frames, line) => expect(authorLine(stack(...frames))).toBe(line))

  it.each([
    ['of no frames', stack()],
    ['of the runner alone', stack(`run (${root}/src/engine/a.ts:1:2)`, `put (${root}/store/index.ts:1:2)`)],
    ['that is not a stack', 'an error (in words)'],
  ])('is unknown from a stack %s', (_name, text) => expect(authorLine(text)).toBeUndefined())
})
