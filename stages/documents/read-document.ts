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

/**
 * Reads a document of any of the formats.
 *
 * @throws {DocumentError} where it cannot be read, with the place.
 */
export async function readDocument(bytes: Buffer, format: DocumentFormat): Promise<Document> {
  if (format === 'docx') return (await import('./word-document.ts')).readWordDocument(bytes)
  const text = fileText(bytes)
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
