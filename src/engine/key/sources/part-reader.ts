import type { Bindings, NameUse } from './name-bindings.ts'
import { isWritten, nodesIn, type TreeNode, withoutTypes, writtenFields } from './syntax-form.ts'

/** What a declaration or a statement at the top of a file reads, loads and changes. */
export interface PartFacts {
  /** Names of the file that it reads; `module.name` where all of a module is imported. */
  readonly reads: Set<string>
  /** Those among them that nothing reads before a step runs. */
  readonly late: Set<string>
  /** What it loads by a call. */
  readonly loads: Set<string>
  /** Names of the file that it assigns to, or whose value it changes. */
  readonly writes: Set<string>
  /** Whether it may change the value of something that is handed to it. */
  changesGiven: boolean
  /** Whether it changes what belongs to no file. */
  reachesOut: boolean
  /** Whether it calls, for the sake of an effect, what is not of the project. */
  callsOut: boolean
  /** Whether evaluating it calls functions of the project, or changes anything. */
  acts: boolean
  /** Whether it reads what it names in a way that cannot be followed. */
  isOpaque: boolean
  /** The lines of the stages that it defines one by one. */
  readonly stages: TreeNode[]
}

/** Where imports of a file come from: by the local name. */
export type ImportSources = ReadonlyMap<string, readonly [from: string, name: string]>

const changers = new Set(
  `push pop shift unshift splice sort reverse fill copyWithin set add delete clear append prepend insert remove update
  register use on once off emit define load configure init assign`.split(/\s+/),
)
/** Functions that change their first argument. */
const changing = /^(Object|Reflect)\.(assign|define\w+|set\w*|delete\w+|freeze|seal|preventExtensions)$/
/** What is called for its effect on nothing but its arguments, or what is printed. */
const selfContained = /^(console|Object|Reflect|Math|JSON)$/
const definitions = /^(define\w+|provide\w*)$/
const functions = /^(Function|ArrowFunction|ObjectMethod|ClassMethod|ClassPrivateMethod)/

/** Where the walk is: whether what is there runs when the file is loaded, and whether it runs only in a step. */
interface Place {
  readonly isRun: boolean
  readonly isLate: boolean
  /** Whether it is in what defines a stage or another thing of a pipeline: its functions run only in a step. */
  readonly inDefinition: boolean
  /** In a constructor, `this` is new. */
  readonly ownThis: boolean
}

/** Reads the facts of parts of one file. */
export class PartReader {
  readonly #bindings: Bindings
  readonly #imports: ImportSources
  #facts: PartFacts = noFacts()
  #early = new Set<string>()

  constructor(bindings: Bindings, imports: ImportSources) {
    this.#bindings = bindings
    this.#imports = imports
  }

  read(node: TreeNode): PartFacts {
    this.#facts = noFacts()
    this.#early = new Set()
    this.#walk(node, { isRun: true, isLate: false, inDefinition: false, ownThis: false })
    for (const name of this.#facts.reads) if (!this.#early.has(name)) this.#facts.late.add(name)
    this.#findStages(node)
    return this.#facts
  }

  #walk(written: TreeNode, place: Place): void {
    if (!isWritten(written) || written.type.startsWith('TSType')) return
    const node = withoutTypes(written)
    const use = this.#bindings.names.get(node)
    if (use?.isRead === true) this.#noteRead(use, place)
    if (this.#noteMember(node, place)) return
    const load = this.#bindings.loads.get(node)
    if (load !== undefined) this.#noteLoad(load)
    this.#noteChange(node, place)
    if (/^(Optional)?CallExpression$|^NewExpression$|^TaggedTemplate/.test(node.type)) {
      this.#walkCall(node, place)
      return
    }
    if (node.type === 'Decorator' && place.isRun) this.#facts.acts = true
    const inner = functions.test(node.type) ? insideFunction(node, place) : place
    for (const [name, value] of writtenFields(node)) {
      const isOfInstance = node.type === 'ClassProperty' && node.static !== true && name === 'value'
      const there = isOfInstance ? { ...inner, isRun: false } : inner
      for (const child of nodesIn(value)) this.#walk(child, there)
    }
  }

  #noteRead({ name, level }: NameUse, { isLate }: Place): void {
    if (level === 'free' && (name === 'eval' || name === 'Function')) this.#facts.isOpaque = true
    if (level !== 'program') return
    this.#facts.reads.add(name)
    if (!isLate) this.#early.add(name)
  }

  /** Of a module that is imported whole, only the named export is read. */
  #noteMember(node: TreeNode, { isLate }: Place): boolean {
    if (!/^(Optional)?MemberExpression$/.test(node.type) || node.computed === true) return false
    const [object] = nodesIn(node.object)
    const use = this.#bindings.names.get(object)
    if (use?.level !== 'program' || this.#imports.get(use.name)?.[1] !== '*') return false
    const [property] = nodesIn(node.property)
    const read = `${use.name}.${String(property?.name)}`
    this.#facts.reads.add(read)
    if (!isLate) this.#early.add(read)
    return true
  }

  #noteLoad(load: string): void {
    if (load.startsWith('*')) this.#facts.isOpaque = true
    else this.#facts.loads.add(load)
  }

  #noteChange(node: TreeNode, place: Place): void {
    switch (node.type) {
      case 'AssignmentExpression':
      case 'ForInStatement':
      case 'ForOfStatement':
        for (const target of nodesIn(node.left)) this.#changed(target, place)
        return
      case 'UpdateExpression':
        for (const target of nodesIn(node.argument)) this.#changed(target, place)
        return
      case 'UnaryExpression':
        if (node.operator === 'delete') for (const target of nodesIn(node.argument)) this.#changed(target, place)
        return
      case 'ExpressionStatement':
        if (this.#callsOut(nodesIn(node.expression)[0]) && !place.isLate) this.#facts.callsOut = true
        return
      default:
    }
  }

  /** Notes that what a target belongs to is changed. */
  #changed(written: TreeNode, place: Place): void {
    const target = withoutTypes(written)
    if (target.type === 'VariableDeclaration') return
    if (/Pattern$|^RestElement$|^ObjectProperty$/.test(target.type)) {
      const inner = ['elements', 'properties', 'left', 'argument', 'value'].flatMap((name) => nodesIn(target[name]))
      for (const part of inner) this.#changed(part, place)
      return
    }
    if (place.isLate) return
    const root = rootOf(target)
    if (isCopied(target) || (root.type === 'ThisExpression' && place.ownThis)) return
    const level = root.type === 'ThisExpression' ? 'parameter' : this.#bindings.names.get(root)?.level
    // What CommonJS exports belongs to the file.
    if (level === 'free' && (root.name === 'exports' || root.name === 'module')) return
    // A variable that holds a parameter is no state.
    if (level === undefined || level === 'local' || (level === 'parameter' && root === target)) return
    if (level === 'free') this.#facts.reachesOut = true
    else if (level === 'parameter' || isCalled(target)) this.#facts.changesGiven = true
    else this.#facts.writes.add(String(root.name))
    if (place.isRun) this.#facts.acts = true
  }

  #walkCall(node: TreeNode, place: Place): void {
    const [callee] = nodesIn(node.callee ?? node.tag).map(withoutTypes)
    const given = nodesIn(node.arguments ?? node.quasi)
    if (callee === undefined) return
    const use = this.#bindings.names.get(rootOf(callee))
    const [from, imported] = this.#imports.get(use?.name ?? '') ?? []
    const isOwn = use?.level === 'program' && from !== undefined && /^(reprise($|\/)|zod($|\/))/.test(from)
    if (place.isRun && !isOwn && (use?.level === 'program' || given.some((part) => this.#isOfProgram(part)))) {
      this.#facts.acts = true
    }
    const method = /MemberExpression$/.test(callee.type) ? nodesIn(callee.property)[0]?.name : undefined
    const receiver = nodesIn(callee.object)[0]
    if (receiver !== undefined && changing.test(`${String(receiver.name)}.${String(method)}`)) {
      if (given[0] !== undefined) this.#changed(given[0], place)
    } else if (receiver !== undefined && changers.has(String(method)) && !isOwn) {
      this.#changed({ type: 'MemberExpression', object: receiver }, place)
    }
    const isDefinition = isOwn && from?.startsWith('reprise') === true && definitions.test(imported ?? '')
    // What is called at once runs, and so may what is handed to it: only definitions are known to keep it for later.
    const isCalledAtOnce = functions.test(callee.type)
    this.#walkCalled(callee, isCalledAtOnce ? place : undefined, place)
    const there = isDefinition ? { ...place, inDefinition: true } : place
    for (const part of given) this.#walkCalled(part, isDefinition ? undefined : place, there)
  }

  /** Walks what is called or handed over; its body is run where a place is given for that. */
  #walkCalled(node: TreeNode, called: Place | undefined, place: Place): void {
    if (called === undefined || !/^(ArrowFunction|Function)Expression$/.test(node.type)) {
      this.#walk(node, place)
      return
    }
    for (const part of [...nodesIn(node.params), ...nodesIn(node.body)]) this.#walk(part, called)
  }

  #isOfProgram(node: TreeNode): boolean {
    return this.#bindings.names.get(withoutTypes(node))?.level === 'program'
  }

  /** Returns whether an expression calls, for the sake of an effect, what is not of the project. */
  #callsOut(node: TreeNode | undefined): boolean {
    if (node === undefined) return false
    if (node.type === 'AwaitExpression') return this.#callsOut(nodesIn(node.argument)[0])
    if (!node.type.endsWith('CallExpression')) return false
    const use = this.#bindings.names.get(rootOf(node))
    if (use === undefined) return false
    const [from] = this.#imports.get(use.name) ?? []
    if (use.level === 'program') return from !== undefined && !/^[./#]|^file:/.test(from)
    return use.level === 'free' && !selfContained.test(use.name)
  }

  /** Notes the calls of `defineStage` that stand for themselves: alone, or in lists and objects. */
  #findStages(written: TreeNode): void {
    const node = withoutTypes(written)
    if (node.type === 'CallExpression') {
      const [callee] = nodesIn(node.callee)
      const [from, name] = this.#imports.get(String(callee?.name)) ?? []
      if (from === 'reprise' && name === 'defineStage') this.#facts.stages.push(node)
    } else if (/^(VariableDeclarator|ObjectExpression|ObjectProperty|ArrayExpression)$/.test(node.type)) {
      for (const name of ['init', 'properties', 'value', 'elements']) {
        for (const child of nodesIn(node[name])) this.#findStages(child)
      }
    }
  }
}

function insideFunction({ type, kind }: TreeNode, place: Place): Place {
  const ownThis = kind === 'constructor' || (type === 'ArrowFunctionExpression' && place.ownThis)
  return { ...place, isRun: false, isLate: place.isLate || place.inDefinition, ownThis }
}

function noFacts(): PartFacts {
  return {
    reads: new Set(),
    late: new Set(),
    loads: new Set(),
    writes: new Set(),
    changesGiven: false,
    reachesOut: false,
    callsOut: false,
    acts: false,
    isOpaque: false,
    stages: [],
  }
}

const copying = /^(map|filter|slice|concat|flat|flatMap|split|keys|values|entries|from|to[A-Z]\w*)$/

/** Returns whether a target is of what a call has just made, as in `list.map(f).sort()`. */
function isCopied(written: TreeNode): boolean {
  const node = withoutTypes(written)
  const [inner] = nodesIn(node.object ?? node.callee)
  if (inner === undefined) return false
  const isCopy = /CallExpression$/.test(node.type) && copying.test(String(nodesIn(inner.property)[0]?.name))
  return isCopy || isCopied(inner)
}

function isCalled(written: TreeNode): boolean {
  const node = withoutTypes(written)
  const [inner] = nodesIn(node.object)
  return /CallExpression$/.test(node.type) || (inner !== undefined && isCalled(inner))
}

/** Returns what a chain of members and calls begins with. */
function rootOf(written: TreeNode): TreeNode {
  const node = withoutTypes(written)
  const [inner] = nodesIn(/MemberExpression$/.test(node.type) ? node.object : (node.callee ?? node.tag))
  return inner === undefined || !/(Member|Call)Expression$|^TaggedTemplate/.test(node.type) ? node : rootOf(inner)
}
