import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bundledFonts } from '../../../stages/drawing/fonts.ts'
import type { Picture, PictureElement } from '../../../stages/drawing/picture.ts'
import { layOutScene } from '../../../stages/drawing/scene-layout.ts'
import { textWidth, wrapText } from '../../../stages/drawing/text.ts'
import { type Theme, themes } from '../../../stages/drawing/themes.ts'

const fonts = bundledFonts()
const wide = { width: 1920, height: 1080 }
const tall = { width: 1080, height: 1920 }

const texts = fc.lorem({ maxCount: 12 })
const elements: fc.Arbitrary<PictureElement> = fc.oneof(
  texts.map((text) => ({ kind: 'text' as const, text })),
  fc.record({ kind: fc.constant('bullet' as const), text: texts, depth: fc.nat(2) }),
  texts.map((text) => ({ kind: 'quote' as const, text })),
  fc.record({
    kind: fc.constant('image' as const),
    name: fc.constant('a.png'),
    width: fc.integer({ min: 1, max: 5000 }),
    height: fc.integer({ min: 1, max: 5000 }),
  }),
  fc
    .array(fc.lorem({ maxCount: 5 }), { minLength: 1, maxLength: 8 })
    .map((lines) => ({ kind: 'code' as const, code: lines.join('\n') })),
  fc
    .array(fc.array(fc.lorem({ maxCount: 3 }), { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 4 })
    .map((rows) => ({ kind: 'table' as const, rows })),
)

describe('layOutScene', () => {
  it('keeps all layers inside the safe area, or says what does not fit', () => {
    const pictures = fc.record({
      kind: fc.constant('text' as const),
      title: texts,
      elements: fc.array(elements, { maxLength: 6 }),
    })
    fc.assert(
      fc.property(pictures, fc.constantFrom(wide, tall), (picture, frame) => {
        const { layers, overflow } = layOutScene(picture, frame, { theme: themes.midnight, fonts })
        if (overflow !== undefined) return
        for (const { x, y, width, height } of layers) {
          expect(x).toBeGreaterThanOrEqual(frame.width * 0.05 - 4)
          expect(y).toBeGreaterThanOrEqual(frame.height * 0.05 - 4)
          expect(x + width).toBeLessThanOrEqual(frame.width * 0.95 + 4)
          expect(y + height).toBeLessThanOrEqual(frame.height * 0.95 + 4)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('says what is too much', () => {
    const elements = Array.from({ length: 60 }, (_, index) => ({
      kind: 'bullet' as const,
      text: `item ${index}`,
      depth: 0,
    }))
    expect(layOutScene({ kind: 'bullets', elements }, wide, { theme: themes.paper, fonts }).overflow).toBe(
      '60 elements are too much for one scene',
    )
  })

  it('gives a picture the room that is left, and never says that it is too much', () => {
    const shapes = fc.record({
      width: fc.integer({ min: 400, max: 5000 }),
      height: fc.integer({ min: 300, max: 5000 }),
    })
    const frames = fc.constantFrom(wide, tall, { width: 1280, height: 720 }, { width: 1080, height: 1080 })
    fc.assert(
      fc.property(shapes, frames, fc.option(fc.constant('A title'), { nil: undefined }), (shape, frame, title) => {
        const picture: Picture = { kind: 'image', title, elements: [{ kind: 'image', name: 'a.png', ...shape }] }
        expect(layOutScene(picture, frame, { theme: themes.midnight, fonts }).overflow).toBeUndefined()
      }),
    )
  })

  it('breaks no word of a table: it is made smaller, or said not to fit', () => {
    const words = (count: number) =>
      Array.from({ length: 3 }, () => Array.from({ length: count }, () => 'Enterprise unlimited'))
    const layOut = (count: number) =>
      layOutScene({ kind: 'table', elements: [{ kind: 'table', rows: words(count) }] }, tall, {
        theme: themes.snow,
        fonts,
      })
    expect(layOut(4).overflow).toBeUndefined()
    expect(layOut(12).overflow).toBe('a line of the table is too long')
  })

  it('breaks lines of code that are too long for the picture', () => {
    const picture: Picture = {
      kind: 'code',
      elements: [{ kind: 'code', language: 'ts', code: `const x = '${'long '.repeat(30)}'` }],
    }
    expect(layOutScene(picture, tall, { theme: themes.snow, fonts }).overflow).toBeUndefined()
  })
})

describe('text', () => {
  it('is broken where it is too wide, and nothing of it is lost', () => {
    const style = { chain: fonts.regular, size: 40 }
    fc.assert(
      fc.property(texts, fc.integer({ min: 60, max: 900 }), (text, width) => {
        const lines = wrapText(text, style, width)
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
        for (const line of lines) expect(textWidth(line, style)).toBeLessThanOrEqual(width + 0.01)
      }),
      { numRuns: 50 },
    )
  })

  it('has letters of Latin, Greek, Cyrillic and Vietnamese, and signs; not of Chinese', () => {
    for (const chain of Object.values(fonts)) {
      expect(chain.missing('Ďakujem κόσμε Привет Tiếng → ✓ ≥ ∞')).toEqual([])
      expect(chain.missing('a 漢字')).toEqual(['漢', '字'])
    }
  })
})

describe('themes', () => {
  it.each(Object.entries(themes))('%s can be read', (_, theme: Theme) => {
    for (const background of [...theme.background]) {
      expect(contrast(theme.text, background)).toBeGreaterThanOrEqual(7)
      expect(contrast(theme.muted, background)).toBeGreaterThanOrEqual(4.5)
    }
    for (const color of [theme.cardText, ...Object.values(theme.code)])
      expect(contrast(color, theme.card)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(theme.accent, theme.card)).toBeGreaterThanOrEqual(3)
  })
})

/** The contrast ratio of two colours (WCAG 2). */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
