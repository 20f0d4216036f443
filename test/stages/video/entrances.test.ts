import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entranceGraph, entranceSpans } from '../../../stages/video/entrances.ts'

const layer = (startS: number) => ({ path: 'layer.png', x: 0, y: 0, startS })

describe('the spans of a scene', () => {
  it('hold each frame once, show what has begun to come in, and leave still only what has settled over what has, too', () => {
    const starts = fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { maxLength: 6 })
    const scenes = fc.record({
      starts,
      fps: fc.constantFrom(12, 24, 25, 30, 60),
      frames: fc.integer({ min: 1, max: 400 }),
    })
    fc.assert(
      fc.property(scenes, ({ starts, fps, frames }) => {
        const layers = starts.map(layer)
        const spans = entranceSpans({ fps, frames, layers })
        expect(spans[0]?.from).toBe(0)
        expect(spans.at(-1)?.to).toBe(frames)
        for (const [index, { from, to, settled, moving }] of spans.entries()) {
          expect(to).toBeGreaterThan(from)
          if (index > 0) expect(from).toBe(spans[index - 1]?.to)
          for (const [at, { startS }] of layers.entries()) {
            const start = Number(startS.toFixed(4))
            if (at < settled) expect(from / fps).toBeGreaterThanOrEqual(start + 0.45)
            else if (moving.includes(at)) expect(from / fps).toBeGreaterThanOrEqual(start - 1e-6)
            // Until the last frame of the span nothing of it is seen.
            else expect((to - 1) / fps).toBeLessThanOrEqual(start + 1e-6)
          }
        }
      }),
    )
  })

  it('are still for most of a scene', () => {
    const spans = entranceSpans({ fps: 30, frames: 360, layers: [0, 0.15, 4].map(layer) })
    const stillFrames = spans.filter(({ moving }) => moving.length === 0).map(({ from, to }) => to - from)
    expect(stillFrames.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(320)
  })
})

describe('the filters of a scene', () => {
  it('name each picture that they take once, and leave none out', () => {
    const frame = { width: 1280, height: 720 }
    for (const starts of [[], [0], [0, 0.15, 3], [0.2, 0.1, 30]]) {
      const graph = entranceGraph({ frame, fps: 30, frames: 120, layers: starts.map(layer) }, 'out').join(';')
      const names = [...graph.matchAll(/\[(\w+)\]/g)].map(([, name = '']) => name)
      for (const name of new Set(names)) {
        const uses = names.filter((other) => other === name)
        expect([name, uses.length]).toEqual([name, name === 'out' ? 1 : 2])
      }
    }
  })
})
