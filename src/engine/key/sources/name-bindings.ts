import { isNode, type TreeNode } from './syntax-form.ts'

/** What of Babel's paths and scopes is used; it has no types of its own where jiti brings it. */
export interface BabelPath {
  readonly node: TreeNode
  readonly scope: BabelScope
  get(name: string): BabelPath | readonly BabelPath[]
  evaluate(): { readonly confident: boolean; readonly value?: unknown }
  isReferencedIdentifier(): boolean
  traverse(visitor: Readonly<Record<string, (path: BabelPath) => void>>): void
  skip(): void
}

interface BabelScope {
  getBinding(name: string): BabelBinding | undefined
}

interface BabelBinding {
  readonly kind: string
  readonly path: BabelPath
  readonly scope: BabelScope
  readonly constantViolations: readonly unknown[]
}

export interface BabelFile {
  readonly ast: { readonly program: TreeNode }
  readonly path: BabelPath
  readonly scope: BabelScope
}

/** What a name stands for where it is written. */
export interface NameUse {
  readonly name: string
  /** `program`: declared or imported at the top of the file. `free`: declared nowhere in it. */
  readonly level: 'program' | 'parameter' | 'local' | 'free'
  readonly isRead: boolean
}

export interface Bindings {
  readonly names: ReadonlyMap<unknown, NameUse>
  /** What the calls and expressions that load code load, `*` for what is known only when they run. */
  readonly loads: ReadonlyMap<unknown, string>
  /** The texts among them, which differ between TypeScript and what is compiled from it. */
  readonly specifiers: ReadonlySet<unknown>
}

/** Resolves the names of a file, and what it loads. */
export function readBindings({ path: top, scope }: BabelFile, declared: ReadonlySet<string>): Bindings {
  const names = new Map<unknown, NameUse>()
  const loads = new Map<unknown, string>()
  const specifiers = new Set<unknown>()
  const note = (path: BabelPath) => {
    const { name } = path.node
    if (typeof name !== 'string') return
    const binding = path.scope.getBinding(name)
    const isTop = binding === undefined ? declared.has(name) : binding.scope === scope
    const inner = binding?.kind === 'param' ? 'parameter' : 'local'
    const level = isTop ? 'program' : binding === undefined ? 'free' : inner
    names.set(path.node, { name, level, isRead: path.isReferencedIdentifier() })
  }
  const noteLoad = (path: BabelPath) => {
    const loaded = loadedBy(path)
    if (loaded === undefined) return
    loads.set(path.node, loaded)
    for (const part of argumentsOf(path)) if (part.node.type === 'StringLiteral') specifiers.add(part.node)
  }
  top.traverse({
    Identifier: note,
    JSXIdentifier: note,
    TSType: (path) => path.skip(),
    TSTypeAnnotation: (path) => path.skip(),
    CallExpression: noteLoad,
    ImportExpression: noteLoad,
    NewExpression: noteLoad,
  })
  return { names, loads, specifiers }
}

function argumentsOf(path: BabelPath): readonly BabelPath[] {
  return [path.get(path.node.type === 'ImportExpression' ? 'source' : 'arguments')].flat()
}

function one(path: BabelPath | readonly BabelPath[]): BabelPath {
  const [first] = [path].flat()
  if (first === undefined) throw new TypeError('a node lacks a field that its kind has')
  return first
}

function loadedBy(path: BabelPath): string | undefined {
  const { node } = path
  const [first, ...others] = argumentsOf(path)
  if (first === undefined) return undefined
  if (node.type === 'ImportExpression') return textOf(first)
  const callee = one(path.get('callee'))
  if (node.type === 'NewExpression') {
    // `new URL('./worker.ts', import.meta.url)` names a file that is part of the program.
    if (callee.node.name !== 'URL' || !isOwnPlace(others[0]?.node, ['url'])) return undefined
    const text = textOf(first)
    return text.startsWith('.') || text.startsWith('/') ? text : `./${text}`
  }
  if (isLoader(callee)) return textOf(first)
  // `join(import.meta.dirname, 'prompts', 'first.txt')`
  const called = callee.node.type === 'MemberExpression' ? nodeNamed(callee.node.property) : nodeNamed(callee.node)
  if ((called !== 'join' && called !== 'resolve') || !isOwnPlace(first.node, ['dirname', 'dir'])) return undefined
  const text = others.map(textOf).join('/')
  return text === '' || text.startsWith('*') ? undefined : `./${text}`
}

function nodeNamed(node: unknown): unknown {
  return isNode(node) ? node.name : undefined
}

/** Returns whether a node is `import.meta.url` or one like it, or `__dirname`. */
function isOwnPlace(node: unknown, properties: readonly string[]): boolean {
  if (!isNode(node)) return false
  if (node.type === 'Identifier') return node.name === '__dirname' && properties.includes('dirname')
  const isMeta = isNode(node.object) && node.object.type === 'MetaProperty'
  return isMeta && properties.includes(String(nodeNamed(node.property)))
}

/** Returns whether a call of this loads a module: `import`, `require`, one of `createRequire`, or their `resolve`. */
function isLoader(callee: BabelPath, depth = 0): boolean {
  const { node } = callee
  if (depth > 9) return false
  if (node.type === 'Import') return true
  if (node.type === 'MemberExpression' && nodeNamed(node.property) === 'resolve') {
    return (
      (isNode(node.object) && node.object.type === 'MetaProperty') || isLoader(one(callee.get('object')), depth + 1)
    )
  }
  if (node.type === 'CallExpression') return isCreateRequire(one(callee.get('callee')))
  if (node.type !== 'Identifier' || typeof node.name !== 'string') return false
  const binding = callee.scope.getBinding(node.name)
  if (binding === undefined) return node.name === 'require'
  if (binding.path.node.type !== 'VariableDeclarator' || !isNode(binding.path.node.init)) return false
  return isLoader(one(binding.path.get('init')), depth + 1)
}

function isCreateRequire(callee: BabelPath): boolean {
  const { node } = callee
  if (node.type === 'MemberExpression') return nodeNamed(node.property) === 'createRequire'
  if (node.type !== 'Identifier' || typeof node.name !== 'string') return false
  const imported = callee.scope.getBinding(node.name)?.path.node.imported
  return node.name === 'createRequire' || nodeNamed(imported) === 'createRequire'
}

/** Returns the text that an expression comes to, with `*` for what is known only when it runs. */
function textOf(path: BabelPath, depth = 0): string {
  const { node } = path
  const evaluated = path.evaluate()
  if (evaluated.confident) return String(evaluated.value)
  if (node.type === 'TemplateLiteral' && Array.isArray(node.quasis)) {
    const holes = [path.get('expressions')].flat()
    const texts = node.quasis.map((quasi) => (isNode(quasi) ? String(cookedOf(quasi.value)) : ''))
    return texts
      .map((text, index) => text + (index < holes.length ? textOf(one(holes[index] ?? path), depth) : ''))
      .join('')
  }
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    return textOf(one(path.get('left')), depth) + textOf(one(path.get('right')), depth)
  }
  if (node.type === 'Identifier' && typeof node.name === 'string' && depth < 9) {
    const binding = path.scope.getBinding(node.name)
    const isConstant = binding?.path.node.type === 'VariableDeclarator' && binding.constantViolations.length === 0
    if (isConstant && isNode(binding.path.node.id) && binding.path.node.id.type === 'Identifier') {
      const init = one(binding.path.get('init'))
      if (isNode(init.node)) return textOf(init, depth + 1)
    }
  }
  return '*'
}

function cookedOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'cooked' in value ? value.cooked : ''
}
