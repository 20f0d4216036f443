import { formatOf, readDocument } from './read-document.ts'

/**
 * Returns what a document in any of the formats says, paragraph by paragraph; code, tables and pictures say nothing.
 *
 * @throws {DocumentError} where it cannot be read, with the place.
 */
export async function saidParagraphs(bytes: Buffer): Promise<readonly string[]> {
  const { sections } = await readDocument(bytes, formatOf(bytes))
  return sections.flatMap(({ title, say, blocks }) => [
    ...(title === undefined ? [] : [title.shown]),
    ...(say === undefined ? blocks.flatMap((block) => ('text' in block ? [block.text.shown] : [])) : [say]),
  ])
}
