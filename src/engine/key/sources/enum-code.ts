import { nodesIn, type TreeNode, withoutTypes } from './syntax-form.ts'

type Constant = number | string

/** Returns the statements that TypeScript compiles an enum to: a variable, and a call that fills it. */
export function enumCode(declaration: TreeNode): { readonly variable: TreeNode; readonly filling: TreeNode } {
  const { loc } = declaration
  const [id] = nodesIn(declaration.id)
  const name = String(id?.name)
  const values = new Map<string, Constant>()
  const fillings: TreeNode[] = []
  let next: number | undefined = 0
  for (const member of nodesIn(declaration.members ?? nodesIn(declaration.body)[0]?.members)) {
    const [key] = nodesIn(member.id)
    const label = String(key?.name ?? key?.value)
    const [given] = nodesIn(member.initializer).map(withoutTypes)
    const value: Constant | undefined = given === undefined ? next : constantOf(given, name, values)
    if (value !== undefined) values.set(label, value)
    next = typeof value === 'number' ? value + 1 : undefined
    const node = value === undefined ? (given ?? text('')) : constantNode(value)
    const assigned = assign(entry(name, text(label)), node)
    fillings.push(typeof value === 'string' ? assigned : assign(entry(name, assigned), text(label)))
  }
  const body = fillings.map((expression) => ({ type: 'ExpressionStatement', expression }))
  const callee = {
    type: 'FunctionExpression',
    id: null,
    generator: false,
    async: false,
    params: [identifier(name)],
    body: { type: 'BlockStatement', body, directives: [] },
  }
  const empty = { type: 'ObjectExpression', properties: [] }
  const right = assign(identifier(name), empty)
  const argument = { type: 'LogicalExpression', operator: '||', left: identifier(name), right }
  const call = { type: 'CallExpression', callee, arguments: [argument] }
  const declarator = { type: 'VariableDeclarator', loc, id: declaration.id, init: null }
  return {
    variable: { type: 'VariableDeclaration', loc, kind: 'var', declarations: [declarator] },
    filling: { type: 'ExpressionStatement', loc, expression: call },
  }
}

/** Returns what an initializer comes to where the compiler works that out. */
function constantOf(written: TreeNode, name: string, known: ReadonlyMap<string, Constant>): Constant | undefined {
  const node = withoutTypes(written)
  const operand = (field: string) => {
    const [inner] = nodesIn(node[field])
    return inner === undefined ? undefined : constantOf(inner, name, known)
  }
  switch (node.type) {
    case 'NumericLiteral':
      return Number(node.value)
    case 'StringLiteral':
      return String(node.value)
    case 'Identifier':
      return known.get(String(node.name))
    case 'MemberExpression': {
      const [property] = nodesIn(node.property)
      return nodesIn(node.object)[0]?.name === name ? known.get(String(property?.name ?? property?.value)) : undefined
    }
    case 'UnaryExpression': {
      const value = operand('argument')
      return typeof value === 'number' ? unary[String(node.operator)]?.(value) : undefined
    }
    case 'BinaryExpression': {
      const [left, right] = [operand('left'), operand('right')]
      if (typeof left === 'number' && typeof right === 'number') return binary[String(node.operator)]?.(left, right)
      return node.operator === '+' && left !== undefined && right !== undefined ? `${left}${right}` : undefined
    }
    default:
      return undefined
  }
}

const unary: Readonly<Record<string, (value: number) => number>> = { '-': (a) => -a, '+': (a) => a, '~': (a) => ~a }
const binary: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
  '|': (a, b) => a | b,
  '&': (a, b) => a & b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
}

function constantNode(value: Constant): TreeNode {
  if (typeof value === 'string') return text(value)
  if (value < 0) return { type: 'UnaryExpression', operator: '-', prefix: true, argument: constantNode(-value) }
  return { type: 'NumericLiteral', value }
}

function text(value: string): TreeNode {
  return { type: 'StringLiteral', value }
}

function identifier(name: string): TreeNode {
  return { type: 'Identifier', name }
}

function assign(left: TreeNode, right: TreeNode): TreeNode {
  return { type: 'AssignmentExpression', operator: '=', left, right }
}

function entry(name: string, property: TreeNode): TreeNode {
  return { type: 'MemberExpression', object: identifier(name), computed: true, property }
}
