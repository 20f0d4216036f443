import type { Document } from './document.ts'
import { documentText } from './speakable.ts'

/** Reads plain text: a paragraph a scene. A short first line without a full stop is the title. */
export function readPlainText(source: string): Document {
  const paragraphs = source
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
  const [first = ''] = paragraphs
  const hasTitle = paragraphs.length > 1 && first.length <= 80 && !/[.!?…:]$/.test(first)
  const title = hasTitle ? documentText(first) : undefined
  const rest = (hasTitle ? paragraphs.slice(1) : paragraphs).map(documentText)
  return {
    ...(title === undefined ? {} : { title: title.shown }),
    sections: [
      ...(title === undefined ? [] : [{ title, blocks: [] }]),
      ...rest.map((text) => ({ blocks: [{ kind: 'paragraph' as const, text }] })),
    ],
  }
}
