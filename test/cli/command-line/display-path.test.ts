import { expect, it } from 'vitest'
import { displayPath } from '../../../src/cli/command-line/display-path.ts'

it.each([
  ['/a/b/c', '/a', './b/c'],
  ['/a', '/a', '.'],
  ['/b/c', '/a', '/b/c'],
  ['/a/..b', '/a', '/a/..b'],
])('%s is %s for who is in %s', (path, cwd, shown) => expect(displayPath(path, cwd)).toBe(shown))
