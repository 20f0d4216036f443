import type { Block } from '../../documents/document.ts'
import { sentences } from '../../documents/speech-pieces.ts'
import type { PictureElement } from '../../drawing/picture.ts'
import type { DocumentPictures } from './pictures.ts'

/** How much a scene holds, in lines of running text: more would be small, and too long to look at. */
const roomOfScene = 10
const linesOfTitle = 1.6
const lineChars = 56
const longestText = 230
const rowsOfTable = 7
const linesOfCode = 16
/** A picture leaves room for a few lines. */
const linesOfPicture = 5

/** An element with what is said of it. */
export interface Part {
  readonly element: PictureElement
  /** What is said of it, as it was written; nothing of what is only shown. */
  readonly spoken: string
  readonly lines: number
  readonly line: number | undefined
  /** The words that stand for a picture. */
  readonly alt?: string
}

/** What it takes to read a document. */
export interface Reading {
  readonly language: string
  readonly pictures: DocumentPictures
}

/** Returns the parts in as few scenes as hold them, and as even as they can be: no point of a list is left alone. */
export function evenly(parts: readonly Part[], hasTitle: boolean): Part[][] {
  const room = roomOfScene - (hasTitle ? linesOfTitle : 0)
  // For the first so many parts: how many scenes they need, how uneven those are, and with which part the last begins.
  const ways = [{ scenes: 0, squares: 0, start: 0 }]
  for (let end = 1; end <= parts.length; end++) {
    let best = { scenes: Number.POSITIVE_INFINITY, squares: 0, start: 0 }
    let lines = 0
    for (let start = end - 1; start >= 0; start--) {
      lines += parts[start]?.lines ?? 0
      if (lines > room && end - start > 1) break
      const { scenes = 0, squares = 0 } = ways[start] ?? {}
      const way = { scenes: scenes + 1, squares: squares + lines ** 2, start }
      if (way.scenes < best.scenes || (way.scenes === best.scenes && way.squares < best.squares)) best = way
    }
    ways.push(best)
  }
  const found: Part[][] = []
  for (let end = parts.length; end > 0; end = ways[end]?.start ?? 0) found.unshift(parts.slice(ways[end]?.start, end))
  return found
}

function textLines(text: string): number {
  return Math.ceil(text.length / lineChars) + 0.5
}

/** Returns what is shown of a block, in parts of which a scene has room for at least one. */
export function partsOf(block: Block, { language, pictures }: Reading): Part[] {
  const { line } = block
  switch (block.kind) {
    case 'paragraph':
      return textParts(block.text.shown, language).map((text) => ({
        element: { kind: 'text', text },
        spoken: text,
        lines: textLines(text),
        line,
      }))
    case 'bullet': {
      const { depth, number } = block
      const element = {
        kind: 'bullet' as const,
        text: block.text.shown,
        depth,
        ...(number === undefined ? {} : { number }),
      }
      return [{ element, spoken: block.text.shown, lines: textLines(block.text.shown), line }]
    }
    case 'quote':
      return [
        {
          element: { kind: 'quote', text: block.text.shown },
          spoken: block.text.shown,
          lines: textLines(block.text.shown) * 1.3,
          line,
        },
      ]
    case 'code':
      return chunks(block.code.split('\n'), linesOfCode).map((lines) => ({
        element: {
          kind: 'code',
          code: lines.join('\n'),
          ...(block.language === undefined ? {} : { language: block.language }),
        },
        spoken: '',
        lines: lines.length * 0.5 + 1,
        line,
      }))
    case 'table':
      return tableParts(block.rows, line)
    case 'image': {
      const shown = pictures.shown.find(({ path }) => path === block.path)
      if (shown === undefined) return []
      const { name, width, height } = shown
      return [
        { element: { kind: 'image', name, width, height }, spoken: '', lines: linesOfPicture, line, alt: block.alt },
      ]
    }
    default:
      return block satisfies never
  }
}

function tableParts([head = [], ...rows]: readonly (readonly string[])[], line: number | undefined): Part[] {
  const isComparison = head.length === 2 && rows.length <= 4
  return chunks(rows, rowsOfTable).map((some) => ({
    element: { kind: isComparison ? 'comparison' : 'table', rows: [head, ...some].map((row) => [...row]) },
    spoken: '',
    lines: (some.length + 1) * 1.05 + 0.5,
    line,
  }))
}

/** Returns a paragraph in parts that are not too long to look at, each of whole sentences. */
function textParts(text: string, language: string): string[] {
  const parts: string[] = []
  for (const sentence of sentences(text, language)) {
    const last = parts.at(-1)
    if (last !== undefined && last.length + sentence.length < longestText)
      parts[parts.length - 1] = `${last} ${sentence}`
    else parts.push(sentence)
  }
  return parts
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.max(1, Math.ceil(items.length / size))
  const each = Math.ceil(items.length / count)
  return Array.from({ length: count }, (_, index) => items.slice(index * each, (index + 1) * each))
}
