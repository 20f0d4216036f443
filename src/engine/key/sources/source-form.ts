import { createRequire } from 'node:module'
import { digestBytes, digestText } from '../../../../store/index.ts'
import { enumCode } from './enum-code.ts'
import { type BabelFile, type Bindings, readBindings } from './name-bindings.ts'
import { type ImportSources, type PartFacts, PartReader } from './part-reader.ts'
import { formOf, isNode, isWritten, nodesIn, type TreeNode, withoutTypes } from './syntax-form.ts'

/** A declaration, or a statement, at the top of a file. */
export interface SourcePart {
  /** Of its syntax tree, without comments, formatting and types. */
  readonly digest: string
  /** What it declares; nothing for a statement. */
  readonly names: readonly string[]
  /** The lines where it is, the first and the last. */
  readonly lines: readonly [number, number]
  /** Of the definition of a stage: its name, nothing where that is computed. It is a part inside of another one. */
  readonly stage?: string
  readonly reads?: readonly string[]
  readonly late?: readonly string[]
  readonly loads?: readonly string[]
  readonly writes?: readonly string[]
  readonly flags?: readonly PartFlag[]
}

/** The facts of a part that hold or do not. */
export type PartFlag = (typeof flagNames)[number] | 'isState'
const flagNames = ['changesGiven', 'reachesOut', 'callsOut', 'acts', 'isOpaque'] as const

/** What a source file comes to when comments, formatting and types are left out. */
export interface SourceForm {
  /** `b3:` and 64 digits: of the bytes of what is no program; a program has parts. */
  readonly digest?: string
  readonly parts: readonly SourcePart[]
  /** By the local name: from where, and what; `*` for all of a module. */
  readonly imports: Readonly<Record<string, readonly [from: string, name: string]>>
  /** By the exported name: from where, nothing for this file, and what. */
  readonly exports: Readonly<Record<string, readonly [from: string, name: string]>>
  /** Where everything is exported from. */
  readonly stars: readonly string[]
  /** The modules that run before it does. */
  readonly before: readonly string[]
  /** Whether its parts cannot be told apart, as in CommonJS. */
  readonly isWhole?: true
}

const programs = /\.[cm]?[jt]sx?$/

/** Returns the form of a source file, by the parser with which configs are loaded. */
export function sourceForm(path: string, bytes: Uint8Array): SourceForm {
  const empty = { parts: [], imports: {}, exports: {}, stars: [], before: [] }
  const asBytes = { ...empty, digest: digestText(digestBytes(bytes)) }
  if (!programs.test(path)) return asBytes
  // Required: where compiled code is kept, Node 20 cannot import from it.
  const { createJiti }: typeof import('jiti') = createRequire(import.meta.url)('jiti')
  const jiti = createJiti(path, { fsCache: false, moduleCache: false })
  let form: SourceForm | undefined
  let failure: unknown
  // The tree is taken before anything is done to it; what is made of it afterwards depends on the parser's release.
  const reader = () => ({
    visitor: {},
    pre(file: BabelFile) {
      try {
        form = new FormReader(file, /\.[cm]?tsx?$/.test(path)).form()
      } catch (error) {
        failure = error
      }
    },
  })
  const source = Buffer.from(bytes).toString('utf8')
  jiti.transform({ source, filename: path, ts: true, jsx: /x$/.test(path), babel: { plugins: [reader] } })
  if (failure !== undefined) throw failure
  // What cannot be parsed cannot be run either, and is compared as it stands.
  return form ?? asBytes
}

class FormReader {
  readonly #program: TreeNode
  readonly #isTypeScript: boolean
  readonly #imports = new Map<string, readonly [from: string, name: string]>()
  readonly #exports: Record<string, readonly [string, string]> = {}
  readonly #stars: string[] = []
  readonly #before = new Set<string>()
  readonly #parts: SourcePart[] = []
  readonly #bindings: Bindings
  readonly #reader: PartReader
  #isWhole = false

  constructor(file: BabelFile, isTypeScript: boolean) {
    this.#program = file.ast.program
    this.#isTypeScript = isTypeScript
    const statements = nodesIn(this.#program.body).filter(isWritten)
    for (const statement of statements) if (statement.type === 'ImportDeclaration') this.#noteImport(statement)
    const declared = statements.flatMap((statement) => namesOf(declarationOf(statement)))
    this.#bindings = readBindings(file, new Set(declared))
    this.#reader = new PartReader(this.#bindings, this.#imports as ImportSources)
  }

  form(): SourceForm {
    const statements = nodesIn(this.#program.body).filter(isWritten)
    for (const statement of statements.flatMap(compiled)) this.#readStatement(statement)
    const isModule = statements.some(({ type }) => /^(Import|Export)/.test(type))
    const isCommonJs = [...this.#bindings.names.values()].some(
      ({ name, level }) => level === 'free' && (name === 'module' || name === 'exports'),
    )
    const read = new Set(this.#parts.flatMap(({ reads = [] }) => reads.map((name) => name.split('.')[0])))
    for (const [from, name] of Object.values(this.#exports)) if (from === '') read.add(name)
    for (const [local, [from]] of this.#imports) {
      // TypeScript does not import what only types are taken from.
      if (!this.#isTypeScript || read.has(local)) this.#before.add(from)
    }
    return {
      parts: this.#parts,
      imports: Object.fromEntries(this.#imports),
      exports: this.#exports,
      stars: this.#stars,
      before: [...this.#before],
      ...(this.#isWhole || (isCommonJs && !isModule) ? { isWhole: true } : {}),
    }
  }

  #readStatement(statement: TreeNode): void {
    const [from] = nodesIn(statement.source)
    switch (statement.type) {
      case 'ImportDeclaration':
        return
      case 'ExportAllDeclaration':
        this.#stars.push(String(from?.value))
        this.#before.add(String(from?.value))
        return
      case 'ExportNamedDeclaration': {
        const origin = from === undefined ? '' : String(from.value)
        if (origin !== '') this.#before.add(origin)
        for (const specifier of nodesIn(statement.specifiers).filter(isWritten)) {
          const isNamespace = specifier.type === 'ExportNamespaceSpecifier'
          this.#exports[textOf(specifier.exported)] = [origin, isNamespace ? '*' : textOf(specifier.local)]
        }
        break
      }
      case 'TSImportEqualsDeclaration':
      case 'TSExportAssignment':
      case 'TSNamespaceExportDeclaration':
        this.#isWhole = true
        break
      default:
    }
    const declaration = declarationOf(statement)
    if (declaration === undefined) return
    const names = namesOf(declaration)
    if (statement.type === 'ExportDefaultDeclaration') {
      this.#exports.default = ['', names[0] ?? '*default']
      this.#addPart(declaration, names[0] === undefined ? ['*default'] : names)
    } else {
      if (statement.type === 'ExportNamedDeclaration') for (const name of names) this.#exports[name] = ['', name]
      if (declaration.type !== 'VariableDeclaration') this.#addPart(declaration, names)
      else for (const one of nodesIn(declaration.declarations)) this.#addDeclarator(declaration, one)
    }
  }

  #addDeclarator({ kind }: TreeNode, declarator: TreeNode): void {
    this.#addPart(declarator, namesIn(declarator.id), kind)
  }

  #addPart(node: TreeNode, names: readonly string[], kind?: unknown): void {
    const facts = this.#reader.read(node)
    const filled = filledEnum(node)
    if (filled !== undefined) {
      facts.reads.add(filled)
      facts.writes.add(filled)
    }
    this.#parts.push(this.#part(node, names, facts, kind))
    for (const stage of facts.stages) {
      this.#parts.push({ ...this.#part(stage, [], this.#reader.read(stage)), stage: literalName(stage) })
    }
    if (node.type === 'TSModuleDeclaration') this.#isWhole = true
  }

  #part(node: TreeNode, names: readonly string[], facts: PartFacts, kind?: unknown): SourcePart {
    const form = JSON.stringify([kind ?? '', formOf(node, this.#bindings.specifiers)])
    const { reads, late, loads, writes } = facts
    const lists = Object.entries({ reads, late, loads, writes }).filter(([, names]) => names.size > 0)
    const flags: PartFlag[] = flagNames.filter((name) => facts[name])
    if (holdsState(node, kind)) flags.push('isState')
    return {
      digest: digestText(digestBytes(Buffer.from(form))),
      names,
      lines: linesOf(node),
      ...Object.fromEntries(lists.map(([name, names]) => [name, [...names]])),
      ...(flags.length > 0 ? { flags } : {}),
    }
  }

  #noteImport(statement: TreeNode): void {
    const from = String(nodesIn(statement.source)[0]?.value)
    const specifiers = nodesIn(statement.specifiers)
    if (specifiers.length === 0) this.#before.add(from)
    for (const specifier of specifiers.filter(isWritten)) {
      const name =
        specifier.type === 'ImportNamespaceSpecifier'
          ? '*'
          : specifier.type === 'ImportDefaultSpecifier'
            ? 'default'
            : textOf(specifier.imported)
      this.#imports.set(textOf(specifier.local), [from, name])
    }
  }
}

/** Returns a statement as TypeScript compiles it. */
function compiled(statement: TreeNode): readonly TreeNode[] {
  const declaration = declarationOf(statement)
  if (declaration?.type !== 'TSEnumDeclaration') return [statement]
  const { variable, filling } = enumCode(declaration)
  return [statement === declaration ? variable : { ...statement, declaration: variable }, filling]
}

/** Returns the enum that a statement fills: `(function (A) { ... })(A || (A = {}))`. */
function filledEnum({ expression }: TreeNode): string | undefined {
  const [given] = nodesIn(nodesIn(expression)[0]?.arguments)
  const [filled, made] = [nodesIn(given?.left)[0]?.name, nodesIn(nodesIn(given?.right)[0]?.left)[0]?.name]
  return given?.type === 'LogicalExpression' && typeof filled === 'string' && filled === made ? filled : undefined
}

/** Returns what a statement declares, or else the statement itself; nothing for one that only imports or exports. */
function declarationOf(statement: TreeNode): TreeNode | undefined {
  if (/^(Import|ExportAll)/.test(statement.type)) return undefined
  if (!/^Export/.test(statement.type)) return statement
  const [declaration] = nodesIn(statement.declaration)
  return declaration === undefined || !isWritten(declaration) ? undefined : withoutTypes(declaration)
}

/** Returns the names that a declaration declares. */
function namesOf(declaration: TreeNode | undefined): readonly string[] {
  if (declaration === undefined || !/Declaration$/.test(declaration.type)) return []
  if (declaration.type === 'VariableDeclaration') {
    return nodesIn(declaration.declarations).flatMap(({ id }) => namesIn(id))
  }
  return namesIn(declaration.id)
}

/** Returns the names in a pattern. */
function namesIn(pattern: unknown): readonly string[] {
  if (Array.isArray(pattern)) return pattern.flatMap(namesIn)
  if (!isNode(pattern)) return []
  const { type, name } = pattern
  if (type === 'Identifier' && typeof name === 'string') return [name]
  return [pattern.properties, pattern.elements, pattern.value, pattern.left, pattern.argument].flatMap(namesIn)
}

/** Returns whether a declaration has a value that can change. */
function holdsState(node: TreeNode, kind: unknown): boolean {
  if (node.type !== 'VariableDeclarator') return node.type === 'ClassDeclaration'
  const [init] = nodesIn(node.init).map(withoutTypes)
  const isFixed = init !== undefined && /Literal$|^(ArrowFunction|Function)Expression$/.test(init.type)
  return kind !== 'const' || !isFixed || init.type === 'RegExpLiteral'
}

/** Returns the name that is written in the definition of a stage. */
function literalName(call: TreeNode): string {
  const [definition] = nodesIn(call.arguments)
  const names = nodesIn(definition?.properties).filter(({ key }) => nodesIn(key)[0]?.name === 'name')
  const [value] = nodesIn(names.at(-1)?.value).map(withoutTypes)
  return value?.type === 'StringLiteral' ? String(value.value) : ''
}

function textOf(node: unknown): string {
  return isNode(node) ? String(node.name ?? node.value) : ''
}

function linesOf({ loc }: TreeNode): readonly [number, number] {
  const { start, end } = Object(loc) as { start?: { line?: unknown }; end?: { line?: unknown } }
  return [Number(start?.line), Number(end?.line)]
}
