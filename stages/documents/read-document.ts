import { fileText } from '../languages/file-text.ts'
import type { Document } from './document.ts'
import { DocumentError } from './document.ts'

export const documentFormats = ['markdown', 'yaml', 'text', 'subtitles', 'docx'] as const
export type DocumentFormat = (typeof documentFormats)[number]

/** Returns which format a document is in, by its content: names may say anything. */
export function formatOf(bytes: Buffer): DocumentFormat {
  if (bytes.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'))) return 'docx'
  const text = fileText(bytes)
  const head = text.replace(/^\ufeff/, '').trimStart()
  if (/^WEBVTT\b/.test(head) || /^(?:\d+\r?\n)?\d\d:\d\d:\d\d[.,]\d{3}[ \t]+-->/.test(head)) return 'subtitles'
  if (/^[a-z_]\w*:(?:\s|$)/i.test(head) && /^\s*- \w+:/m.test(head) && !/^#{1,6} \S/m.test(head)) return 'yaml'
  if (/^(?:#{1,6} |[-*+] |\d+[.)] |>|```|---\s*$|\|.*\|)/m.test(head)) return 'markdown'
  return 'text'
}

/** How files begin that people take for documents, and what else to pass. */
const others: readonly (readonly [RegExp, string])[] = [
  [
    /^%PDF-/,
    'it is a PDF: export the text that it was made of, or: pdftotext FILE.pdf - | reprise create --from text:-',
  ],
  [/^\{\\rtf/, 'it is RTF: save it as DOCX, or pass Markdown or text'],
  [/^<(?:!doctype html|html)\b/i, 'it is HTML: pandoc FILE.html -t gfm-raw_html | reprise create --from markdown:-'],
]

/**
 * Reads a document of any of the formats.
 *
 * @throws {DocumentError} where it cannot be read, with the place.
 */
export async function readDocument(bytes: Buffer, format: DocumentFormat): Promise<Document> {
  if (format === 'docx') return (await import('./word-document.ts')).readWordDocument(bytes)
  const text = fileText(bytes)
  const known = others.find(([begin]) => begin.test(text.trimStart()))
  if (known !== undefined) throw new DocumentError(known[1])
  if (text.includes('\0')) throw new DocumentError('it is not text: pass a Markdown, YAML, text, subtitle or DOCX file')
  switch (format) {
    case 'markdown':
      return (await import('./markdown.ts')).readMarkdown(text)
    case 'yaml':
      return (await import('./yaml-script.ts')).readYamlScript(text)
    case 'subtitles':
      return (await import('./transcript-text.ts')).readTranscript(text)
    case 'text':
      return (await import('./plain-text.ts')).readPlainText(text)
    default:
      return format satisfies never
  }
}
