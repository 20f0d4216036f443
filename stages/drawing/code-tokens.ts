import { createRequire } from 'node:module'
import type { createLowlight } from 'lowlight'
import type { CodeColor } from './themes.ts'

/** A piece of a line of code. */
export interface CodeToken {
  readonly text: string
  readonly color: CodeColor | undefined
}

/** The classes of highlight.js, by what they are drawn as. */
const colors: readonly (readonly [pattern: RegExp, color: CodeColor])[] = [
  [/keyword|literal|built_in|operator|selector-tag|section|name|doctag/, 'keyword'],
  [/string|regexp|char|addition|quote|symbol/, 'string'],
  [/number|bullet/, 'number'],
  [/comment|meta|deletion/, 'comment'],
  [/title|function|class|type/, 'title'],
  [/attr|property|variable|params|template|selector/, 'attribute'],
]

const require = createRequire(import.meta.url)
let known: ReturnType<typeof createLowlight> | undefined

/** Loads the highlighter and its languages: most scenes show no code. */
function highlighter(): ReturnType<typeof createLowlight> {
  if (known === undefined) {
    const { common, createLowlight }: typeof import('lowlight') = require('lowlight')
    known = createLowlight(common)
  }
  return known
}

type Tree = ReturnType<ReturnType<typeof createLowlight>['highlight']>
type TreeNode = Tree['children'][number]

/** Returns code in coloured pieces, line by line; in one colour where its language is not known. */
export function codeLines(code: string, language: string | undefined): readonly (readonly CodeToken[])[] {
  const text = code.replaceAll('\t', '    ')
  const lowlight = language === undefined ? undefined : highlighter()
  if (language === undefined || lowlight?.registered(language) !== true) {
    return text.split('\n').map((line) => [{ text: line, color: undefined }])
  }
  const lines: CodeToken[][] = [[]]
  const visit = (node: TreeNode, color: CodeColor | undefined): void => {
    if (node.type === 'text') {
      for (const [index, part] of node.value.split('\n').entries()) {
        if (index > 0) lines.push([])
        if (part !== '') lines.at(-1)?.push({ text: part, color })
      }
    } else if (node.type === 'element') {
      const name = node.properties.className
      const own = Array.isArray(name) ? colorOf(name.join(' ')) : undefined
      for (const child of node.children) visit(child, own ?? color)
    }
  }
  for (const node of lowlight.highlight(language, text).children) visit(node, undefined)
  return lines
}

function colorOf(classes: string): CodeColor | undefined {
  return colors.find(([pattern]) => pattern.test(classes))?.[1]
}
