import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareUtf8,
  emptyDirectoryEntry,
  parseTreeListing,
  pathProblem,
  treeListing,
} from '../../../store/contract/tree.ts'
import { digestBytes } from '../../../store/index.ts'

const digest = digestBytes(Buffer.from('x'))
const entry = (path: string) => ({ path, digest, executable: false })

describe('a tree listing', () => {
  it('is canonical: sorted by UTF-8 bytes, whatever the order was', () => {
    // U+FF5E sorts before U+1F600 by code point and by UTF-8, and after it by UTF-16.
    const paths = ['b', 'a/b', 'a-b', 'a', '\u{1f600}', '\uff5e'].filter((path) => path !== 'a')
    const listing = treeListing(paths.map(entry))
    expect(listing).toBe(treeListing([...paths].reverse().map(entry)))
    expect(parseTreeListing(listing)?.map(({ path }) => path)).toEqual(['a-b', 'a/b', 'b', '\uff5e', '\u{1f600}'])
  })

  it('gives back what it was made of', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !/[/\0]/.test(text))
    const path = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      .filter((text) => pathProblem(text) === undefined)
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 12 }), (paths) => {
        const clash = paths.some((one) => paths.some((other) => other.startsWith(`${one}/`)))
        const parsed = parseTreeListing(treeListing(paths.map(entry)))
        if (clash) expect(parsed).toBeUndefined()
        else expect(parsed?.map((found) => found.path)).toEqual([...paths].sort(compareUtf8))
      }),
    )
  })

  it('holds empty directories', () => {
    const entries = [entry('a/b'), emptyDirectoryEntry('a/c'), emptyDirectoryEntry('d'), entry('d-e')]
    const listing = treeListing(entries)
    expect(parseTreeListing(listing)?.map(({ path }) => path)).toEqual(['a/b', 'a/c/', 'd-e', 'd/'])
    for (const clash of [
      entry('d'),
      entry('d/e'),
      entry('a/c/d'),
      emptyDirectoryEntry('d/e'),
      emptyDirectoryEntry('a/b'),
    ])
      expect(parseTreeListing(treeListing([...entries, clash])), clash.path).toBeUndefined()
    for (const path of ['', '/', '..', 'a/..', 'a/'])
      expect(() => treeListing([emptyDirectoryEntry(path)]), path).toThrow(TypeError)
  })

  it.each([
    ['not JSON', 'x'],
    ['no array', '{}'],
    ['a row of another shape', '[["a"]]'],
    ['a hash that is none', '[["a","../../etc",1,false]]'],
    ['a negative size', `[["a","${digest.hash}",-1,false]]`],
    ['a path twice', `[["a","${digest.hash}",1,false],["a","${digest.hash}",1,false]]`],
    ['paths out of order', `[["b","${digest.hash}",1,false],["a","${digest.hash}",1,false]]`],
    ['a file below a file', `[["a","${digest.hash}",1,false],["a/b","${digest.hash}",1,false]]`],
    ['a way out', `[["../a","${digest.hash}",1,false]]`],
  ])('is refused when it is %s', (_name, text) => {
    expect(parseTreeListing(text)).toBeUndefined()
  })

  it.each([[''], ['/a'], ['a/'], ['a//b'], ['.'], ['..'], ['a/../b'], ['a/.'], ['a\0b'], ['\ud800']])(
    'may not hold the path %j',
    (path) => {
      expect(pathProblem(path)).toBeDefined()
      expect(() => treeListing([entry(path)])).toThrow(TypeError)
    },
  )

  it.each([['a'], ['...'], ['a b'], ['-rf'], ['a\nb'], ['ünïcode'], ['.hidden'], ['a\\b'], ['c:d']])(
    'may hold the path %j',
    (path) => {
      expect(pathProblem(path)).toBeUndefined()
    },
  )
})
