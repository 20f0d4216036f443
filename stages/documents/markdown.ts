import type { Nodes, PhrasingContent, Root, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { frontmatter } from 'micromark-extension-frontmatter'
import { gfm } from 'micromark-extension-gfm'
import { type Block, type Document, DocumentError, type Section } from './document.ts'
import { readFrontMatter } from './front-matter.ts'
import { documentText } from './speakable.ts'

/** A section while it is gathered. */
interface Draft {
  title?: Section['title']
  readonly blocks: Block[]
  readonly notes: string[]
  readonly directions: { voice?: string; pauseS?: number }
  readonly line: number
}

/** `(voice: Anna)`, `(pause: 2)`: a paragraph of its own in parentheses is a direction. */
const direction = /^\((voice|pause):\s*([^()]+)\)$/i
const deepestSceneHeading = 2

/**
 * Reads Markdown (CommonMark and GFM). A thematic break (`---`), and a heading of the first two levels, begins a scene.
 * HTML comments are speaker notes, and said instead of the text, as in Marp and Slidev.
 *
 * @throws {DocumentError} for front matter that is not valid YAML or has unknown keys, and for unknown directions.
 */
export function readMarkdown(source: string): Document {
  const root: Root = fromMarkdown(withoutSlideSettings(source), {
    extensions: [frontmatter(), gfm()],
    mdastExtensions: [frontmatterFromMarkdown(), gfmFromMarkdown()],
  })
  const header = root.children.find((node) => node.type === 'yaml')
  const settings = header === undefined ? {} : readFrontMatter(header.value, (header.position?.start.line ?? 1) + 1)
  const drafts: Draft[] = []
  const current = (node: RootContent): Draft => {
    const last = drafts.at(-1)
    if (last !== undefined) return last
    return begin(node)
  }
  const begin = (node: RootContent): Draft => {
    const draft: Draft = { blocks: [], notes: [], directions: {}, line: node.position?.start.line ?? 1 }
    drafts.push(draft)
    return draft
  }
  for (const node of root.children) {
    if (node.type === 'yaml' || node.type === 'definition') continue
    if (node.type === 'thematicBreak') {
      begin(node)
      continue
    }
    if (node.type === 'heading') {
      const open = drafts.at(-1)
      const isFree = open !== undefined && open.title === undefined && open.blocks.length === 0
      const startsScene = node.depth <= deepestSceneHeading
      const draft = isFree ? open : startsScene || open === undefined ? begin(node) : open
      const heading = documentText(plainText(node))
      if (draft.title === undefined) draft.title = heading
      else if (heading.shown !== '') draft.blocks.push({ kind: 'paragraph', text: heading, ...lineOf(node) })
      continue
    }
    addBlock(current(node), node)
  }
  const sections = drafts
    .map(sectionOf)
    .filter(({ title, blocks, say }) => title !== undefined || blocks.length > 0 || say)
  const first = sections.find(({ title }) => title !== undefined)?.title?.shown
  return { ...settings, ...titlePart(settings.title ?? first), sections }
}

/** What Slidev knows of a slide (its documentation, "Frontmatter Configurations"), as far as prose does not begin so. */
const slideSetting =
  /^(?:layout|class|background|transition|clicks|clicksStart|hideInToc|routeAlias|preload|zoom|dragPos|disabled|hide|src|level):(?:\s|$)/

/**
 * Returns slides without the settings that Slidev has at the start of each (`---`, `layout: cover`, `---`), which CommonMark
 * takes for a heading. Lines keep their numbers.
 */
function withoutSlideSettings(source: string): string {
  const lines = source.split('\n')
  let fence: string | undefined
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence)))
      fence = fence === undefined ? mark : undefined
    if (fence !== undefined || line.trimEnd() !== '---') continue
    let end = at + 1
    while (/^[A-Za-z][\w-]*:(?:\s|$)|^\s+\S/.test(lines[end] ?? '')) end += 1
    if (!lines.slice(at + 1, end).some((inside) => slideSetting.test(inside)) || lines[end]?.trimEnd() !== '---')
      continue
    // Those of the document are at its start.
    const isOfDocument = lines.slice(0, at).every((before) => before.trim() === '')
    if (!isOfDocument) for (let inside = at + 1; inside <= end; inside += 1) lines[inside] = ''
    at = end
  }
  return lines.join('\n')
}

function titlePart(title: string | undefined): { title?: string } {
  return title === undefined || title === '' ? {} : { title }
}

function sectionOf({ title, blocks, notes, directions, line }: Draft): Section {
  const say = notes.join('\n\n').trim()
  return { ...(title === undefined ? {} : { title }), blocks, ...(say === '' ? {} : { say }), ...directions, line }
}

function lineOf(node: Nodes): { line?: number } {
  const line = node.position?.start.line
  return line === undefined ? {} : { line }
}

function addBlock(draft: Draft, node: RootContent): void {
  switch (node.type) {
    case 'paragraph':
      addParagraph(draft, node.children, node)
      return
    case 'list':
      addList(draft, node, 0)
      return
    case 'blockquote': {
      const text = documentText(plainText(node))
      if (text.shown !== '') draft.blocks.push({ kind: 'quote', text, ...lineOf(node) })
      return
    }
    case 'code':
      if (node.value.trim() === '') return
      draft.blocks.push({
        kind: 'code',
        code: node.value,
        ...(node.lang == null ? {} : { language: node.lang }),
        ...lineOf(node),
      })
      return
    case 'table': {
      const rows = node.children.map((row) => row.children.map((cell) => documentText(plainText(cell)).shown))
      draft.blocks.push({ kind: 'table', rows, ...lineOf(node) })
      return
    }
    case 'html':
      draft.notes.push(...commentsIn(node.value))
      return
    default:
      return
  }
}

function addParagraph(draft: Draft, children: readonly PhrasingContent[], node: RootContent): void {
  const text = documentText(children.map(plainText).join(''))
  const asked = direction.exec(text.shown)
  if (asked !== null) {
    direct(draft, asked, node)
    return
  }
  for (const child of children) {
    if (child.type === 'image')
      draft.blocks.push({ kind: 'image', path: child.url, alt: child.alt ?? '', ...lineOf(child) })
    else if (child.type === 'html') draft.notes.push(...commentsIn(child.value))
  }
  if (text.shown !== '') draft.blocks.push({ kind: 'paragraph', text, ...lineOf(node) })
}

function direct({ directions }: Draft, [, name = '', value = '']: RegExpExecArray, node: RootContent): void {
  if (name.toLowerCase() === 'voice') {
    directions.voice = value.trim()
    return
  }
  const pauseS = Number(value.replace(/\s*s$/, ''))
  const place = { line: node.position?.start.line ?? 1 }
  if (!(pauseS >= 0 && pauseS <= 60))
    throw new DocumentError(`'(pause: ${value})' must be seconds, from 0 to 60`, place)
  directions.pauseS = pauseS
}

function addList(draft: Draft, list: Extract<RootContent, { type: 'list' }>, depth: number): void {
  for (const [index, item] of list.children.entries()) {
    const own = item.children.filter((child) => child.type !== 'list' && child.type !== 'code')
    const text = documentText(own.map(plainText).join(' '))
    const number = list.ordered ? { number: (list.start ?? 1) + index } : {}
    if (text.shown !== '') draft.blocks.push({ kind: 'bullet', text, depth, ...number, ...lineOf(item) })
    for (const child of item.children) {
      if (child.type === 'list') addList(draft, child, depth + 1)
      else if (child.type === 'code') addBlock(draft, child)
    }
  }
}

/** Returns the text of a node without its marks; pictures, HTML and footnotes have none. */
function plainText(node: Nodes): string {
  switch (node.type) {
    case 'text':
    case 'inlineCode':
      return node.value
    case 'break':
      return ' '
    case 'paragraph':
    case 'heading':
    case 'listItem':
      return `${node.children.map(plainText).join('')} `
    default:
      return 'children' in node ? node.children.map(plainText).join('') : ''
  }
}

/** A comment for a program, such as `<!-- prettier-ignore -->` or Marp's `<!-- _class: lead -->`. */
const forPrograms = /^(?:[\w-]+:(?!\/\/)|(?:prettier|markdownlint|eslint|toc|vale|cspell|dprint)\b|\S+(?:\s+\S+)?$)/i

function commentsIn(html: string): string[] {
  return [...html.matchAll(/<!--([\s\S]*?)-->/g)]
    .map(([, text = '']) => text.trim())
    .filter((text) => text !== '' && !forPrograms.test(text))
}
