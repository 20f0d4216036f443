import { readFile } from 'node:fs/promises'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { Document, DocumentError } from '../../documents/document.ts'
import { documentFormats, formatOf, readDocument } from '../../documents/read-document.ts'
import { described, schema } from '../../schema/schema.ts'

/** Returns the params that say what the document is. */
export function documentParams() {
  return {
    format: described(
      z._default(z.enum(['auto', ...documentFormats]), 'auto'),
      'what the document is written in; by default what it looks like',
    ),
  }
}

/** Reads a document: Markdown, a script in YAML, text, subtitles or DOCX. */
export const adapt = defineStage({
  name: 'adapt',
  version: 5,
  description: 'Reads the document: Markdown, a script in YAML, text, subtitles (SRT, VTT) or DOCX',
  inputs: { document: 'file' },
  params: schema(() => z.object(documentParams())),
  outputs: { document: json(Document) },
  async run({ inputs, params, fail, log }) {
    const bytes = await readFile(inputs.document)
    const format = params.format === 'auto' ? formatOf(bytes) : params.format
    try {
      const document = await readDocument(bytes, format)
      log(`it is read as ${format}: ${document.sections.length} sections`)
      if (document.sections.length === 0) fail("the input 'document' is empty: there is nothing to show or to say")
      return { document }
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error
      return fail(`the input 'document' cannot be read as ${format}: ${error.message}`)
    }
  },
})
