import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemFolder, safeFileName, stepDirectory } from '../../../src/core/index.ts'

describe('names in the job directory', () => {
  it('are numbered, and have one folder an item', () => {
    const graph = { order: ['demux', 'translate'] }
    expect(stepDirectory(graph, { id: 'demux', name: 'demux' })).toBe('01_demux')
    expect(stepDirectory(graph, { id: 'translate/es', name: 'translate' })).toBe('02_translate/es')
  })

  it('have the number of the step that they are a part of, before it or after it', () => {
    const order = ['demux', 'segment', 'recognize', 'stitch', 'translate']
    const graph = { order, parts: { segment: 'recognize', stitch: 'recognize' } }
    expect(order.map((name) => stepDirectory(graph, { id: name, name }))).toEqual([
      '01_demux',
      '02_segment',
      '02_recognize',
      '02_stitch',
      '03_translate',
    ])
  })

  it('never leave their folder, and tell different names apart', () => {
    const name = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(name, name, (a, b) => {
        const safe = safeFileName(a)
        expect(safe).not.toMatch(/[/\0]/)
        expect(['', '.', '..']).not.toContain(safe)
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(130)
        if (a.normalize('NFC') !== b.normalize('NFC')) expect(safeFileName(b)).not.toBe(safe)
      }),
    )
  })

  it('of items are encoded once, and stay in their folder', () => {
    for (const name of ['a/b.wav', 'a:b', '100%', '.hidden', 'naïve.wav', 'x'.repeat(300), 'part.wav~2']) {
      const safe = safeFileName(name)
      expect(itemFolder(safe)).toBe(safe)
    }
    expect(itemFolder('part.wav~2')).toBe('part.wav~2')
    const item = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(item, (name) => {
        expect(itemFolder(name)).not.toMatch(/^\.{0,2}$|[/\0]/)
        expect(Buffer.byteLength(itemFolder(name))).toBeLessThanOrEqual(140)
      }),
    )
  })

  it('stay readable', () => {
    expect(safeFileName('Ação 1 (take-2).wav')).toBe('Ação 1 (take-2).wav')
    expect(safeFileName('..')).toBe('%2E.')
    expect(safeFileName('a/b')).toBe('a%2Fb')
  })
})
