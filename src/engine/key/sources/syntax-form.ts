import { isRecord } from '../../../core/index.ts'

export type TreeNode = Readonly<Record<string, unknown>> & { readonly type: string }

export function isNode(value: unknown): value is TreeNode {
  return isRecord(value) && typeof value.type === 'string'
}

/** Returns the nodes among a field's value, whether it is a list or not. */
export function nodesIn(value: unknown): readonly TreeNode[] {
  return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []
}

/** Where a node stands, how it was written, and what only the type checker reads. */
const leftOut = new Set([
  ...['start', 'end', 'loc', 'range', 'extra', 'shorthand', 'interpreter'],
  ...['leadingComments', 'trailingComments', 'innerComments'],
  ...['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeParameters', 'implements'],
  ...['importKind', 'exportKind', 'definite', 'declare', 'accessibility', 'override', 'abstract', 'readonly'],
])
const onlyTypes =
  /^(TSInterfaceDeclaration|TSTypeAliasDeclaration|TSDeclareFunction|TSDeclareMethod|TSIndexSignature|EmptyStatement)$/
const typedExpressions =
  /^(TSAsExpression|TSSatisfiesExpression|TSNonNullExpression|TSTypeAssertion|TSInstantiationExpression|ParenthesizedExpression)$/

/** Returns whether a node is there when the program runs. */
export function isWritten(node: unknown): boolean {
  if (!isNode(node)) return true
  if (onlyTypes.test(node.type) || node.importKind === 'type' || node.exportKind === 'type') return false
  if (node.declare === true || (node.type === 'ClassProperty' && node.abstract === true)) return false
  // `function (this: Player)`
  return !(node.type === 'Identifier' && node.name === 'this')
}

/** Returns an expression without what the type checker alone reads. */
export function withoutTypes(node: TreeNode): TreeNode {
  return typedExpressions.test(node.type) && isNode(node.expression) ? withoutTypes(node.expression) : node
}

/** Returns the fields of a node that count when it runs, by name. */
export function writtenFields(node: TreeNode): readonly (readonly [string, unknown])[] {
  return Object.keys(node)
    .filter((name) => name !== 'type' && !leftOut.has(name))
    .sort()
    .map((name) => [name, node[name]])
}

/**
 * Returns a syntax tree as JSON that is the same for programs which differ in how they are written only, and for
 * TypeScript and what is compiled from it. Its `specifiers` are texts that name a file to load.
 */
export function formOf(value: unknown, specifiers: ReadonlySet<unknown>): unknown {
  if (Array.isArray(value)) return value.filter(isWritten).map((part) => formOf(part, specifiers))
  if (!isRecord(value)) return typeof value === 'bigint' || typeof value === 'number' ? String(value) : value
  if (!isNode(value)) return value
  const node = withoutTypes(value)
  if (node.type === 'TSParameterProperty') return formOf(node.parameter, specifiers)
  if (node.type === 'ClassBody') return { type: node.type, body: formOf(membersOf(node), specifiers) }
  const fields = writtenFields(node).map(([name, of]) => [name, formOf(of, specifiers)] as const)
  const form: Record<string, unknown> = { type: node.type, ...Object.fromEntries(fields) }
  if (specifiers.has(node)) form.value = String(node.value).replace(/\.([cm]?)[jt]sx?$/, '.$1js')
  // `name?: string` is a type, `a?.b` is none.
  if (!node.type.startsWith('Optional')) delete form.optional
  if ('key' in node && node.computed !== true) form.key = keyForm(node.key) ?? form.key
  return form
}

/** A formatter writes `{ 'a': 1 }` as `{ a: 1 }`. */
function keyForm(key: unknown): string | undefined {
  if (!isNode(key)) return undefined
  if (key.type === 'Identifier' && typeof key.name === 'string') return key.name
  return key.type === 'StringLiteral' && typeof key.value === 'string' ? key.value : undefined
}

/** Returns the members of a class with the fields and assignments that `constructor(private name: string)` stands for. */
function membersOf(body: TreeNode): readonly TreeNode[] {
  const members = nodesIn(body.body)
  const maker = members.find(({ kind }) => kind === 'constructor')
  const names = nodesIn(maker?.params).flatMap(({ type, parameter }) =>
    type === 'TSParameterProperty' ? nameOfParameter(parameter) : [],
  )
  if (maker === undefined || names.length === 0) return members
  const fields = names.map((name) => ({
    type: 'ClassProperty',
    computed: false,
    key: identifier(name),
    static: false,
    value: null,
  }))
  const block = nodesIn(maker.body)[0]
  const statements = nodesIn(block?.body)
  const start = statements.findIndex(isSuperCall) + 1
  const body_ = [...statements.slice(0, start), ...names.map(assignment), ...statements.slice(start)]
  const filled = { ...maker, body: { ...block, type: 'BlockStatement', body: body_ } }
  return [...fields, ...members.map((member) => (member === maker ? filled : member))]
}

function nameOfParameter(parameter: unknown): readonly string[] {
  const target = isNode(parameter) && parameter.type === 'AssignmentPattern' ? parameter.left : parameter
  return isNode(target) && typeof target.name === 'string' ? [target.name] : []
}

function isSuperCall({ type, expression }: TreeNode): boolean {
  return type === 'ExpressionStatement' && isNode(expression) && nodesIn(expression.callee)[0]?.type === 'Super'
}

function identifier(name: string): TreeNode {
  return { type: 'Identifier', name }
}

function assignment(name: string): TreeNode {
  const left = {
    type: 'MemberExpression',
    object: { type: 'ThisExpression' },
    property: identifier(name),
    computed: false,
  }
  const expression = { type: 'AssignmentExpression', operator: '=', left, right: identifier(name) }
  return { type: 'ExpressionStatement', expression }
}
