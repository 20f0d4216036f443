/** A tag of XML, and the text between it and the tag before it, as it is written. */
export interface Tag {
  readonly before: string
  /** Without its prefix; empty for what is no element. */
  readonly name: string
  readonly attributes: string
  readonly isOpening: boolean
  /** An element without content both opens and closes. */
  readonly isClosing: boolean
}

const pattern = /<(\/?)(?:[\w-]+:)?([\w-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|<[^<>]*>/g

/** Yields the tags of a text without comments. */
export function* tagsOf(text: string): Generator<Tag> {
  let last = 0
  for (const { 0: whole, 1: slash = '', 2: name = '', 3: attributes = '', 4: empty, index } of text.matchAll(pattern)) {
    const isOpening = slash === ''
    yield { before: text.slice(last, index), name, attributes, isOpening, isClosing: !isOpening || empty !== '' }
    last = index + whole.length
  }
}

/** Returns the value of an attribute, whatever its prefix, as it is written. */
export function attributeOf(attributes: string, name: string): string | undefined {
  return new RegExp(`(?:^|[\\s:])${name}\\s*=\\s*["']([^"']*)["']`).exec(attributes)?.[1]
}

/** Returns a text of XML without its comments; what is in CDATA is text, whatever it looks like. */
export function withoutComments(text: string): string {
  const parts: string[] = []
  let from = 0
  for (let at = text.indexOf('<!', from); at !== -1; at = text.indexOf('<!', from)) {
    const isComment = text.startsWith('<!--', at)
    const isData = text.startsWith('<![CDATA[', at)
    const end = isComment ? text.indexOf('-->', at + 4) : isData ? text.indexOf(']]>', at) : at - 1
    // What nothing ends is no comment: XML would not be read at all.
    if (end === -1) break
    parts.push(text.slice(from, at))
    if (isData) parts.push(escaped(text.slice(at + 9, end)))
    if (!isComment && !isData) parts.push('<!')
    from = isComment || isData ? end + 3 : at + 2
  }
  return parts.join('') + text.slice(from)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
