import { describe, expect, it } from 'vitest'
import { readPlainText } from '../../../stages/documents/plain-text.ts'
import { formatOf, readDocument } from '../../../stages/documents/read-document.ts'
import { captionText, speakable } from '../../../stages/documents/speakable.ts'
import { readTranscript } from '../../../stages/documents/transcript-text.ts'
import { readYamlScript, scriptJsonSchema } from '../../../stages/documents/yaml-script.ts'

describe('readYamlScript', () => {
  it('reads scenes', () => {
    const script = readYamlScript(
      'title: T\nscenes:\n  - title: One\n    say: Hello.\n    show: [a, b]\n    pause: 1\n  - code: {language: ts, text: "let x"}\n',
    )
    expect(script.sections).toMatchObject([
      { title: { shown: 'One' }, say: 'Hello.', pauseS: 1, blocks: [{ kind: 'bullet' }, { kind: 'bullet' }] },
      { blocks: [{ kind: 'code', language: 'ts', code: 'let x' }] },
    ])
  })

  it.each([
    [
      'scenes:\n  - title: One\n    sya: Hello.\n',
      "line 3, column 5: there is no key 'sya' in scenes #1: did you mean 'say'?",
    ],
    ['scens: []\n', "line 1, column 1: there is no key 'scens': did you mean 'scenes'?"],
    ['scenes:\n  - title: One\n    pause: long\n', /^line 3, column 12: scenes #1, pause: /],
    ['scenes:\n  - title: "One\n', /^line \d+, column \d+: /],
    ['scenes: []\n', /there must be at least one scene/],
  ])('says where %j is wrong', (source, message) => {
    expect(() => readYamlScript(source)).toThrow(message)
  })
})

describe('readTranscript', () => {
  it('undoes rolling captions, and tags', () => {
    const rolling = `WEBVTT

00:00:00.000 --> 00:00:02.000
<c>first line</c>

00:00:02.000 --> 00:00:04.000
first line
second &amp; last

00:00:04.000 --> 00:00:06.000
second &amp; last
third line.
`
    const texts = readTranscript(rolling).sections.flatMap(({ blocks }) => blocks)
    expect(texts).toMatchObject([{ text: { shown: 'first line second & last third line.' } }])
  })

  it('begins a scene after a pause', () => {
    const two = '1\n00:00:00,000 --> 00:00:01,000\nOne.\n\n2\n00:00:05,000 --> 00:00:06,000\nTwo.\n'
    expect(readTranscript(two).sections).toHaveLength(2)
  })

  it('refuses what has no cues', () => {
    expect(() => readTranscript('WEBVTT\n')).toThrow('there are no cues')
  })
})

describe('formatOf', () => {
  it.each([
    ['# A heading\n\ntext', 'markdown'],
    ['---\nmarp: true\n---\n\n# Deck', 'markdown'],
    ['- an item\n- another', 'markdown'],
    ['title: T\nscenes:\n  - say: x\n', 'yaml'],
    ['scnes:\n  - title: A\n', 'yaml'],
    ['WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nx\n', 'subtitles'],
    ['1\n00:00:00,000 --> 00:00:01,000\nx\n', 'subtitles'],
    ['Just a sentence. And another one.', 'text'],
    ['PK\u0003\u0004', 'docx'],
  ])('finds that %j is %s', (text, format) => {
    expect(formatOf(Buffer.from(text, 'latin1'))).toBe(format)
  })
})

describe('readDocument', () => {
  it.each([
    ['%PDF-1.7\n', /it is a PDF: .*pdftotext/],
    ['{\\rtf1 Words}', /it is RTF: save it as DOCX/],
    ['\n<!DOCTYPE html>\n<p>Words</p>', /it is HTML: pandoc/],
  ])('says what to do with %j', async (content, message) => {
    const bytes = Buffer.from(content)
    await expect(readDocument(bytes, formatOf(bytes))).rejects.toThrow(message)
  })
})

describe('readPlainText', () => {
  it('takes a short first line as the title', () => {
    expect(readPlainText('A talk\n\nOne.\n\nTwo.')).toMatchObject({ title: 'A talk', sections: { length: 3 } })
    expect(readPlainText('One sentence.\n\nTwo.')).toMatchObject({ sections: { length: 2 } })
  })
})

describe('speakable', () => {
  it.each([
    ['See https://example.org/a_b?c=d for more 🎉.', 'See for more.'],
    ['Run `npm ci --offline` in src/core', 'Run npm ci offline in src core'],
    ['a & b -> c', 'a and b to c'],
    ['well-known — and plain', 'well-known, and plain'],
    ['C# costs $9.99/month', 'C# costs $9.99 per month'],
    ['5 × 3 = 15, x < y', '5 × 3 = 15, x < y'],
    ['and/or 1/2', 'and or 1/2'],
    ['me@example.org', ''],
  ])('makes of %j %j', (text, spoken) => {
    expect(speakable(text)).toBe(spoken)
  })
})

describe('captionText', () => {
  it.each([
    ['costs $9.99/month — see `kestrel --help`', 'costs $9.99/month — see kestrel --help'],
    ['a *marked* snake_case_name 🎉, https://example.org', 'a marked snake_case_name,'],
    ['C# and x < y', 'C# and x < y'],
  ])('keeps of %j what was written', (text, caption) => {
    expect(captionText(text)).toBe(caption)
  })
})

it('a script in YAML has a schema for editors, which says what each key is for and allows no other', () => {
  const schema = JSON.parse(JSON.stringify(scriptJsonSchema()))
  expect(schema).toMatchObject({ required: ['scenes'], additionalProperties: false })
  const { properties, additionalProperties } = schema.properties.scenes.items
  expect(additionalProperties).toBe(false)
  expect(Object.keys(properties)).toContain('duration')
  for (const [name, { description }] of Object.entries<{ description?: string }>(properties))
    expect(description, name).toMatch(/\w+ \w+/)
})
