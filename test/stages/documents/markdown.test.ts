import { describe, expect, it } from 'vitest'
import { DocumentError } from '../../../stages/documents/document.ts'
import { readMarkdown } from '../../../stages/documents/markdown.ts'

/** Has each construct of CommonMark and GFM. */
const everything = `# Title with *marks* and \`code_span\`

Intro *emph* **strong** ~~gone~~ [a link](https://example.org/a_b) <https://auto.link> https://bare.link/x?y=1
![a picture](pic.png) footnote[^1], émojis 🎉🚀, an arrow → there\\
and a hard break.

[^1]: The footnote.

[reference]: https://example.org 'a title'

Setext heading
--------------

1. One
2. Two
   - nested \`--flag\` and path/to/file_name
3. [ ] a task
4. [x] done

> Quote with **marks**
> second line

| a | b |
|---|:-:|
| 1 | **2** |

<div class="x">html</div>

***

    indented code

\`\`\`python
def f(x):
    return x + 1
\`\`\`
`

describe('readMarkdown', () => {
  it('begins a scene at thematic breaks and headings of two levels', () => {
    const { sections, title } = readMarkdown(everything)
    expect(title).toBe('Title with marks and code_span')
    expect(sections.map((section) => section.title?.shown)).toEqual([title, 'Setext heading', undefined])
    expect(sections.map(({ blocks }) => blocks.map(({ kind }) => kind))).toEqual([
      ['image', 'paragraph'],
      ['bullet', 'bullet', 'bullet', 'bullet', 'bullet', 'quote', 'table'],
      ['code', 'code'],
    ])
  })

  it('speaks no mark, address, path, flag, emoji or HTML', () => {
    const spoken = readMarkdown(everything).sections.flatMap(({ title, blocks }) => [
      title?.spoken ?? '',
      ...blocks.map((block) => ('text' in block ? block.text.spoken : '')),
    ])
    expect(spoken.join(' ')).not.toMatch(/[*_`#<>[\]|~\\/]|https?|--|🎉|🚀|→|class|footnote\./u)
    expect(spoken).toContain('nested flag and path to file name')
    expect(spoken.join(' ')).toContain('an arrow to there and a hard break')
  })

  it('takes comments as speaker notes, and not those for programs', () => {
    const { sections } = readMarkdown(
      '# A\n\ntext\n\n<!-- Say this instead, please. -->\n\n---\n\n<!-- _class: lead -->\n<!-- prettier-ignore -->\n\ntext',
    )
    expect(sections.map(({ say }) => say)).toEqual(['Say this instead, please.', undefined])
  })

  it('obeys directions, and says where one is wrong', () => {
    const [section] = readMarkdown('# A\n\n(voice: en-gb)\n\n(pause: 1.5)\n\ntext').sections
    expect(section).toMatchObject({ voice: 'en-gb', pauseS: 1.5, blocks: [{ kind: 'paragraph' }] })
    expect(() => readMarkdown('# A\n\n(pause: long)')).toThrow(
      new DocumentError("'(pause: long)' must be seconds, from 0 to 60", { line: 3 }),
    )
  })

  it('passes over the settings of slides, and keeps what looks like them in code', () => {
    const deck =
      '---\ntheme: ocean\n---\n\n# A\n\n---\nlayout: cover\nclass: big\n---\n\n# B\n\n```md\n---\nlayout: x\n---\n```\n\n---\n\nNote: mine\n\n---\n\nEnd'
    const { theme, sections } = readMarkdown(deck)
    expect(theme).toBe('ocean')
    expect(sections.map(({ title, line }) => [title?.shown, line])).toEqual([
      ['A', 5],
      ['B', 7],
      [undefined, 20],
      [undefined, 24],
    ])
    expect(sections[1]?.blocks).toMatchObject([{ kind: 'code', code: '---\nlayout: x\n---' }])
  })

  it('reads front matter, passes over the keys of other tools, and says where it is no YAML', () => {
    expect(readMarkdown('---\ntitle: T\nmarp: true\ntheme: ocean\n---\n\ntext')).toMatchObject({
      title: 'T',
      theme: 'ocean',
    })
    expect(() => readMarkdown('---\ntitle: [\n---\n\ntext')).toThrow(/^line \d, column \d+: /)
  })
})
