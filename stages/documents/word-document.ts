import mammoth from 'mammoth'
import { type Block, type Document, DocumentError, type Section } from './document.ts'
import { documentText } from './speakable.ts'

/** What stands between two tags of the simple HTML that mammoth makes. */
const part = /<(\/?)(h[1-6]|p|li|ul|ol|table|tr|td|th|blockquote|img|br)\b[^>]*>|([^<]+)|<[^>]*>/gi

/**
 * Reads a Word document: a heading of the first two levels begins a scene, body text is narration, lists are bullets.
 * Tracked changes are taken as accepted.
 *
 * @throws {DocumentError} where it is no DOCX file.
 */
export async function readWordDocument(bytes: Buffer): Promise<Document> {
  let html: string
  try {
    html = (await mammoth.convertToHtml({ buffer: bytes })).value
  } catch {
    throw new DocumentError('it is not a Word document (DOCX): save it as DOCX, or pass Markdown or text')
  }
  const sections: { title?: Section['title']; blocks: Block[] }[] = []
  const reader = {
    text: '',
    depth: -1,
    numbers: [] as (number | undefined)[],
    row: [] as string[],
    rows: [] as string[][],
    inTable: false,
  }
  const open = () => {
    const last = sections.at(-1)
    if (last !== undefined) return last
    const first: { title?: Section['title']; blocks: Block[] } = { blocks: [] }
    sections.push(first)
    return first
  }
  const takeText = () => {
    const text = documentText(reader.text)
    reader.text = ''
    return text
  }
  const endItem = () => {
    const text = takeText()
    if (text.shown === '') return
    const number = reader.numbers.at(-1)
    open().blocks.push({
      kind: 'bullet',
      text,
      depth: Math.max(0, reader.depth),
      ...(number === undefined ? {} : { number }),
    })
    if (number !== undefined) reader.numbers[reader.numbers.length - 1] = number + 1
  }
  for (const [, slash, tag, text] of html.matchAll(part)) {
    if (text !== undefined) reader.text += decoded(text)
    else if (tag !== undefined) {
      const isEnd = slash === '/'
      const name = tag.toLowerCase()
      if (name === 'br') reader.text += ' '
      else if (name === 'ul' || name === 'ol') {
        if (isEnd) {
          reader.depth -= 1
          reader.numbers.pop()
        } else {
          endItem()
          reader.depth += 1
          reader.numbers.push(name === 'ol' ? 1 : undefined)
        }
      } else if (name === 'li' && isEnd) endItem()
      else if ((name === 'td' || name === 'th') && isEnd) reader.row.push(takeText().shown)
      else if (name === 'tr' && isEnd) reader.rows.push(reader.row.splice(0))
      else if (name === 'table') {
        reader.inTable = !isEnd
        if (isEnd) open().blocks.push({ kind: 'table', rows: reader.rows.splice(0) })
      } else if (/^h[1-6]$/.test(name) && isEnd) {
        const title = takeText()
        if (title.shown === '') continue
        if (Number(name[1]) <= 2) sections.push({ title, blocks: [] })
        else open().blocks.push({ kind: 'paragraph', text: title })
      } else if (name === 'p' && isEnd && reader.depth < 0 && !reader.inTable) {
        const paragraph = takeText()
        if (paragraph.shown !== '') open().blocks.push({ kind: 'paragraph', text: paragraph })
      }
    }
  }
  const title = sections.find((section) => section.title !== undefined)?.title?.shown
  return { ...(title === undefined ? {} : { title }), sections }
}

function decoded(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' }
  return text.replace(/&(\w+);/g, (entity, name: string) => named[name] ?? entity)
}
