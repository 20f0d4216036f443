import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { DocumentError } from '../../../stages/documents/document.ts'
import { formatOf, readDocument } from '../../../stages/documents/read-document.ts'

/** Returns a zip archive of files that are stored as they are. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, text] of Object.entries(files)) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)]
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt32LE(crc32(data), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(data.length, 18)
    fields.writeUInt16LE(path.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, path, data])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(at, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, path]))
    parts.push(local)
    at += local.length
  }
  const index = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  for (const field of [8, 10]) end.writeUInt16LE(directory.length, field)
  end.writeUInt32LE(index.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, index, end])
}

const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packaged = 'http://schemas.openxmlformats.org/package/2006'
const run = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`
const paragraph = (inside: string, style = '', list = '') =>
  `<w:p><w:pPr>${style === '' ? '' : `<w:pStyle w:val="${style}"/>`}${list}</w:pPr>${inside}</w:p>`
const item = (text: string, level: number, id: number) =>
  paragraph(run(text), '', `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${id}"/></w:numPr>`)
const row = (...cells: string[]) =>
  `<w:tr>${cells.map((cell) => `<w:tc>${paragraph(run(cell))}</w:tc>`).join('')}</w:tr>`

const body = [
  paragraph(run('The paper'), 'Heading1'),
  paragraph(
    `${run('Fish &amp; chips cost ')}<w:del w:id="1" w:author="a"><w:r><w:delText>3</w:delText></w:r></w:del><w:ins w:id="2" w:author="a">${run('4')}</w:ins>${run(' euros.')}`,
  ),
  paragraph(run('Steps'), 'Heading2'),
  item('First', 0, 1),
  item('Inside', 1, 1),
  item('Begin', 0, 2),
  item('End', 0, 2),
  `<w:tbl>${row('Year', 'Ships')}${row('2024', '37')}</w:tbl>`,
  paragraph(run('Details'), 'Heading3'),
]
const level = (at: number, format: string) => `<w:lvl w:ilvl="${at}"><w:numFmt w:val="${format}"/></w:lvl>`
const list = (id: number, format: string) =>
  `<w:abstractNum w:abstractNumId="${id}">${level(0, format)}${level(1, format)}</w:abstractNum>`
const paper = zip({
  '[Content_Types].xml': `<Types xmlns="${packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
  '_rels/.rels': `<Relationships xmlns="${packaged}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="word/document.xml"/></Relationships>`,
  'word/_rels/document.xml.rels': `<Relationships xmlns="${packaged}/relationships"><Relationship Id="r1" Type="${office}/styles" Target="styles.xml"/><Relationship Id="r2" Type="${office}/numbering" Target="numbering.xml"/></Relationships>`,
  'word/styles.xml': `<w:styles xmlns:w="${word}">${[1, 2, 3].map((depth) => `<w:style w:type="paragraph" w:styleId="Heading${depth}"><w:name w:val="heading ${depth}"/></w:style>`).join('')}</w:styles>`,
  'word/numbering.xml': `<w:numbering xmlns:w="${word}">${list(1, 'bullet')}${list(2, 'decimal')}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num></w:numbering>`,
  'word/document.xml': `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="${word}"><w:body>${body.join('')}</w:body></w:document>`,
})

it('reads a Word document: headings, text with its changes accepted, lists, and tables', async () => {
  expect(formatOf(paper)).toBe('docx')
  const { title, sections } = await readDocument(paper, 'docx')
  expect(title).toBe('The paper')
  expect(sections.map((section) => section.title?.shown)).toEqual(['The paper', 'Steps'])
  expect(sections[0]?.blocks).toMatchObject([{ kind: 'paragraph', text: { shown: 'Fish & chips cost 4 euros.' } }])
  expect(sections[1]?.blocks).toMatchObject([
    { kind: 'bullet', text: { shown: 'First' }, depth: 0 },
    { kind: 'bullet', text: { shown: 'Inside' }, depth: 1 },
    { kind: 'bullet', text: { shown: 'Begin' }, number: 1 },
    { kind: 'bullet', text: { shown: 'End' }, number: 2 },
    {
      kind: 'table',
      rows: [
        ['Year', 'Ships'],
        ['2024', '37'],
      ],
    },
    { kind: 'paragraph', text: { shown: 'Details' } },
  ])
  await expect(readDocument(paper.subarray(0, 200), 'docx')).rejects.toThrow(DocumentError)
})
