import {
  LmdbDamage,
  metaPages,
  PageReader,
  pageFlags,
  pageHeaderBytes,
  readNumber,
  readTree,
  type Snapshot,
  type Tree,
  treeBytes,
} from './lmdb-file.ts'

/** One record of a table. */
export interface FileRecord {
  readonly table: string
  readonly key: Buffer
  /** Empty where values were not asked for. */
  readonly value: Buffer
}

/** Hears of the records of a file, and of what is wrong with it. */
export interface FileVisitor {
  /** Whether values are read; keys and the places of values are always checked. */
  readonly values: boolean
  readonly record: (record: FileRecord) => void
  readonly damage: (what: string) => void
}

const nodeHeaderBytes = 8
const nodeIsLarge = 0x01
const nodeIsTree = 0x02
const largeBytes = 24

/** Deeper trees than these hold more than any disk does. */
const depthMax = 32

/** A node of a page: in a branch it points to a page, in a leaf it holds a record. */
interface Node {
  readonly key: Buffer
  readonly flags: number
  readonly dataBytes: number
  /** From the node's data to the end of the page. */
  readonly data: Buffer
  readonly child: number
}

/** What was found of a tree until now, and the key that came last; only after a branch's may the next be equal. */
interface Count {
  depth: number
  branches: number
  leaves: number
  overflows: number
  records: number
  last: Buffer | undefined
  ofBranch: boolean
}

/**
 * Walks the records of a snapshot in order. What is damaged is told to the visitor, and left out with all that is below
 * it. Checked are each page's number, transaction and bounds, that no page is used twice or is listed as free, and
 * that keys ascend.
 */
export function walkFile(
  fd: number,
  snapshot: Snapshot,
  visitor: FileVisitor,
  pages: PageReader = new PageReader(fd, snapshot),
): void {
  const walk = new FileWalk(pages, visitor)
  walk.tree(snapshot.main, 'main')
  // Last, so that it is known which pages are in use.
  walk.tree(snapshot.free, 'free')
}

class FileWalk {
  readonly #pages: PageReader
  readonly #visitor: FileVisitor

  constructor(pages: PageReader, visitor: FileVisitor) {
    this.#pages = pages
    this.#visitor = visitor
  }

  /** Walks the list of tables (`main`), the list of free pages (`free`), or the table of that name. */
  tree(tree: Tree, name: string): void {
    const found: Count = {
      depth: 0,
      branches: 0,
      leaves: 0,
      overflows: 0,
      records: 0,
      last: undefined,
      ofBranch: false,
    }
    if (tree.root !== undefined) this.#page(tree.root, name, 1, found)
    const isWhole =
      found.depth === tree.depth &&
      found.branches === tree.branches &&
      found.leaves === tree.leaves &&
      found.overflows === tree.overflows &&
      found.records === tree.records
    if (!isWhole) this.#visitor.damage(`${name}: it has other pages or records than it should`)
  }

  #page(page: number, name: string, depth: number, found: Count): void {
    try {
      if (depth > depthMax) throw new LmdbDamage('a tree is too deep')
      const bytes = this.#pages.node(page)
      const isBranch = (bytes.readUInt16LE(18) & pageFlags.branch) !== 0
      const nodes = nodesOf(bytes, isBranch)
      found.depth = Math.max(found.depth, depth)
      if (isBranch) found.branches += 1
      else {
        found.leaves += 1
        found.records += nodes.length
      }
      for (const [index, node] of nodes.entries()) {
        // The first key of a branch says nothing: it stands for everything below the second.
        if (!isBranch || index > 0) ascend(node.key, name, found, isBranch)
        if (isBranch) this.#page(node.child, name, depth + 1, found)
        else found.overflows += this.#leaf(node, name)
      }
    } catch (error) {
      this.#tell(error, `page ${page} of ${name}`)
    }
  }

  /** Returns how many pages the record occupies besides the one it is in. */
  #leaf(node: Node, name: string): number {
    if (name === 'main') {
      const table = node.key.toString('utf8').replace(/\0$/, '')
      if (node.flags !== nodeIsTree || node.dataBytes !== treeBytes) throw new LmdbDamage(`${table} is no table`)
      this.tree(readTree(node.data.subarray(0, treeBytes)), table)
      return 0
    }
    try {
      if ((node.flags & ~nodeIsLarge) !== 0) throw new LmdbDamage('it has flags that nobody set')
      if (name === 'free') this.#checkFree(this.#value(node, true))
      else this.#visitor.record({ table: name, key: node.key, value: this.#value(node, this.#visitor.values) })
      return (node.flags & nodeIsLarge) === 0 ? 0 : readNumber(node.data, 16)
    } catch (error) {
      this.#tell(error, `a record of ${name}`)
      return 0
    }
  }

  #value({ flags, data, dataBytes }: Node, read: boolean): Buffer {
    if ((flags & nodeIsLarge) === 0) return data.subarray(0, dataBytes)
    return this.#pages.large(readNumber(data, 0), readNumber(data, 16), dataBytes, read)
  }

  /** A list of free pages: their number, then pages, each preceded by -n when it begins a run of n. */
  #checkFree(list: Buffer): void {
    const count = readNumber(list, 0)
    if (list.length < (count + 1) * 8) throw new LmdbDamage('it is cut short')
    let run = 1
    for (let index = 1; index <= count; index++) {
      const entry = Number(list.readBigInt64LE(index * 8))
      if (entry < 0) run = -entry
      if (entry <= 0) continue
      if (entry < metaPages || entry + run - 1 > this.#pages.lastPage)
        throw new LmdbDamage('a free page is out of range')
      for (let page = entry; page < entry + run; page++) {
        if (this.#pages.isUsed(page)) throw new LmdbDamage('a free page is in use')
      }
      run = 1
    }
  }

  /** Numbers that point out of a buffer are damage, too. */
  #tell(error: unknown, where: string): void {
    if (!(error instanceof LmdbDamage) && !(error instanceof RangeError)) throw error
    this.#visitor.damage(`${where}: ${error.message}`)
  }
}

function nodesOf(page: Buffer, isBranch: boolean): readonly Node[] {
  const body = page.subarray(pageHeaderBytes)
  const lower = page.readUInt16LE(20)
  const upper = page.readUInt16LE(22)
  if (lower > upper || upper > body.length || lower % 2 !== 0) throw new LmdbDamage('its bounds are wrong')
  const nodes: Node[] = []
  for (let pointer = 0; pointer < lower; pointer += 2) {
    const offset = body.readUInt16LE(pointer)
    if (offset < upper) throw new LmdbDamage('a node lies in its free space')
    const dataBytes = body.readUInt32LE(offset)
    const flags = body.readUInt16LE(offset + 4)
    const dataStart = offset + nodeHeaderBytes + body.readUInt16LE(offset + 6)
    const ownBytes = isBranch ? 0 : (flags & nodeIsLarge) === 0 ? dataBytes : largeBytes
    if (dataStart + ownBytes > body.length) throw new LmdbDamage('a node reaches out of it')
    nodes.push({
      key: body.subarray(offset + nodeHeaderBytes, dataStart),
      flags,
      dataBytes,
      data: body.subarray(dataStart),
      child: dataBytes + flags * 0x1_0000_0000,
    })
  }
  return nodes
}

function ascend(key: Buffer, name: string, order: Count, ofBranch: boolean): void {
  const { last } = order
  const compared = last === undefined ? -1 : name === 'free' ? compareNumbers(last, key) : Buffer.compare(last, key)
  if (compared > 0 || (compared === 0 && !order.ofBranch)) throw new LmdbDamage('its keys do not ascend')
  order.last = key
  order.ofBranch = ofBranch
}

/** The list of free pages is kept by transaction, whose numbers are compared as such. */
function compareNumbers(a: Buffer, b: Buffer): number {
  return readNumber(a, 0) - readNumber(b, 0)
}
