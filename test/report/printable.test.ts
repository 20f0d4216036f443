import { expect, it } from 'vitest'
import { columns } from '../../src/report/columns.ts'
import { printable, printableLines } from '../../src/report/printable.ts'

it.each([
  ['plain, с кириллицей, 日本語, 👩‍👩‍👧', 'plain, с кириллицей, 日本語, 👩‍👩‍👧'],
  ['a\u001b[31mred\u001b[0m', 'ared'],
  ['\u001b]0;a title\u0007shown', 'shown'],
  ['\u001b]8;;http://x\u001b\\a link', 'a link'],
  ['\u009b31mred', 'red'],
  ['\u001b[2J\u001b[Hgone', 'gone'],
  ['two\nlines\tand a tab\r', 'two\\nlines and a tab\\r'],
  ['bell\u0007 nul\u0000 c1\u0085', 'bell\\u{7} nul\\u{0} c1\\u{85}'],
  ['talk\u202e4pm.exe', 'talk\\u{202e}4pm.exe'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

it('keeps the lines of a message', () => {
  expect(printableLines('one\r\ntwo\u0007\n\n')).toEqual(['one', 'two\\u{7}'])
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
