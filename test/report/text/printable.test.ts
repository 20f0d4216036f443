import { expect, it } from 'vitest'
import { columns, shownWidth } from '../../../src/report/text/columns.ts'
import { printable, printableLines } from '../../../src/report/text/printable.ts'

it.each([
  ['plain, с кириллицей, 日本語, 👩‍👩‍👧', 'plain, с кириллицей, 日本語, 👩‍👩‍👧'],
  ['a\u001b[31mred\u001b[0m', 'ared'],
  ['\u001b]0;a title\u0007shown', 'shown'],
  ['\u001b]8;;http://x\u001b\\a link', 'a link'],
  ['\u009b31mred', 'red'],
  ['\u001b[2J\u001b[Hgone', 'gone'],
  ['two\nlines\tand a tab\r', 'two\\nlines and a tab\\r'],
  ['bell\u0007 nul\u0000 c1\u0085', 'bell\\u{7} nul\\u{0} c1\\u{85}'],
  ['marks\u061c\u2069', 'marks\\u{61c}\\u{2069}'],
  ['talk\u202e4pm.exe', 'talk\\u{202e}4pm.exe'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

it('keeps the lines of a message', () => {
  expect(printableLines('one\r\ntwo\u0007\n\n')).toEqual(['one', 'two\\u{7}'])
})

it('counts what a terminal shows: wide letters twice, marks and joiners not', () => {
  expect(['日本', 'e\u0301te\u0301', '🎬', 'ñandú', 'ﾊﾝｶｸ', '\u001b[31m日\u001b[39m'].map(shownWidth)).toEqual([
    4, 3, 2, 5, 4, 2,
  ])
  expect(
    columns([
      ['日本', 'b'],
      ['long', 'c'],
    ]),
  ).toEqual(['日本  b', 'long  c'])
})

it('lets colours take no place in a column', () => {
  expect(
    columns([
      ['\u001b[31ma\u001b[39m', 'b'],
      ['long', 'c'],
      ['x', ''],
    ]),
  ).toEqual(['\u001b[31ma\u001b[39m     b', 'long  c', 'x'])
})
