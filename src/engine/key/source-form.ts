import { createRequire } from 'node:module'
import { digestBytes, digestText } from '../../../store/index.ts'
import { isRecord } from '../../core/index.ts'

/** What a source file comes to when comments, formatting and types are left out. */
export interface SourceForm {
  /** `b3:` and 64 digits: of the file's syntax tree, or of its bytes where it is no program. */
  readonly digest: string
  /** What it imports when it runs, as it is written there. */
  readonly imports: readonly string[]
}

const programs = /\.[cm]?[jt]sx?$/

/** Returns the form of a source file, by the parser with which configs are loaded. */
export function sourceForm(path: string, bytes: Uint8Array): SourceForm {
  const asBytes = { digest: digestText(digestBytes(bytes)), imports: [] }
  if (!programs.test(path)) return asBytes
  // Required: where compiled code is kept, Node 20 cannot import from it.
  const { createJiti }: typeof import('jiti') = createRequire(import.meta.url)('jiti')
  const jiti = createJiti(path, { fsCache: false, moduleCache: false })
  let form: SourceForm | undefined
  // The tree is taken before anything is done to it; what is made of it afterwards depends on the parser's release.
  const reader = () => ({
    visitor: {},
    pre({ ast }: { readonly ast: { readonly program: unknown } }) {
      const imports = new Set<string>()
      const written = JSON.stringify(formOf(ast.program, imports))
      form = { digest: digestText(digestBytes(Buffer.from(written))), imports: [...imports].sort() }
    },
  })
  const source = Buffer.from(bytes).toString('utf8')
  jiti.transform({ source, filename: path, ts: true, jsx: /x$/.test(path), babel: { plugins: [reader] } })
  // What cannot be parsed cannot be run either, and is compared as it stands.
  return form ?? asBytes
}

type TreeNode = Readonly<Record<string, unknown>> & { readonly type: string }

function isNode(value: unknown): value is TreeNode {
  return isRecord(value) && typeof value.type === 'string'
}

/** Where a node stands, how it was written, and what only the type checker reads. */
const leftOut = new Set([
  ...['start', 'end', 'loc', 'range', 'extra', 'shorthand', 'interpreter'],
  ...['leadingComments', 'trailingComments', 'innerComments'],
  ...['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeParameters', 'implements'],
  ...['importKind', 'exportKind', 'definite', 'declare', 'accessibility', 'override'],
])
const onlyTypes = new Set(['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'TSDeclareFunction', 'EmptyStatement'])
const typedExpressions = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'ParenthesizedExpression',
])

function isWritten(node: unknown): boolean {
  return !isNode(node) || !(onlyTypes.has(node.type) || node.importKind === 'type' || node.exportKind === 'type')
}

/** Returns a syntax tree as JSON that is the same for programs which differ in how they are written only. */
function formOf(value: unknown, imports: Set<string>): unknown {
  if (Array.isArray(value)) return value.filter(isWritten).map((part) => formOf(part, imports))
  if (!isRecord(value)) return typeof value === 'bigint' || typeof value === 'number' ? String(value) : value
  if (!isNode(value)) return fieldsOf(value, imports)
  if (typedExpressions.has(value.type)) return formOf(value.expression, imports)
  for (const name of importedBy(value)) imports.add(name)
  const form = fieldsOf(value, imports)
  if ('key' in value && value.computed !== true) form.key = keyForm(value.key) ?? form.key
  return form
}

function fieldsOf(value: Readonly<Record<string, unknown>>, imports: Set<string>): Record<string, unknown> {
  const names = Object.keys(value).filter((name) => !leftOut.has(name))
  return Object.fromEntries(names.sort().map((name) => [name, formOf(value[name], imports)]))
}

/** A formatter writes `{ 'a': 1 }` as `{ a: 1 }`. */
function keyForm(key: unknown): string | undefined {
  if (!isNode(key)) return undefined
  if (key.type === 'Identifier' && typeof key.name === 'string') return key.name
  return key.type === 'StringLiteral' && typeof key.value === 'string' ? key.value : undefined
}

/** Returns what a node imports, where that is written out. */
function importedBy(node: TreeNode): readonly string[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return literal(node.source)
    case 'TSExternalModuleReference':
      return literal(node.expression)
    case 'CallExpression':
      return isImportCall(node.callee) && Array.isArray(node.arguments) ? literal(node.arguments[0]) : []
    case 'NewExpression':
      // `new URL('./worker.ts', import.meta.url)` names a file that is part of the program.
      return isNamed(node.callee, 'URL') && Array.isArray(node.arguments) && node.arguments.length === 2
        ? literal(node.arguments[0])
        : []
    default:
      return []
  }
}

function isImportCall(callee: unknown): boolean {
  return isNamed(callee, 'require') || (isNode(callee) && callee.type === 'Import')
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'Identifier' && node.name === name
}

function literal(node: unknown): readonly string[] {
  return isNode(node) && node.type === 'StringLiteral' && typeof node.value === 'string' ? [node.value] : []
}
