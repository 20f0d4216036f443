const mark = Symbol('mark')

/** What a pickle may ask for besides numbers, texts, lists and dictionaries. Nothing is called for it but these. */
export interface PickleHooks {
  /** Returns what an id, by which the pickle names something outside of it, stands for. */
  persistent?(id: unknown): unknown
  /** Returns what a class or function makes, by its name; throws where the format needs no such thing. */
  made(name: string, args: readonly unknown[]): unknown
  /** Tells an object more of itself. */
  built?(object: unknown, state: unknown): void
}

/** A value of a pickle, and where it ends. */
export interface Unpickled {
  readonly value: unknown
  readonly end: number
}

/**
 * Reads a pickle of Python. It is a program; of its instructions only those are known here that make values, and any other
 * ends the reading. Dictionaries are maps, lists and tuples are arrays.
 */
export function readPickle(program: Buffer, from: number, hooks: PickleHooks): Unpickled {
  const stack: unknown[] = []
  const memo = new Map<number, unknown>()
  let at = from
  const skip = (bytes: number) => {
    at += bytes
    return at - bytes
  }
  const byte = () => program.readUInt8(skip(1))
  const line = () => {
    const end = program.indexOf(0x0a, at)
    const text = program.toString('latin1', at, end)
    at = end + 1
    return text
  }
  const popMark = () => stack.splice(stack.lastIndexOf(mark)).slice(1)
  const tuple = (count: number) => stack.push(stack.splice(stack.length - count))
  const instructions: Readonly<Record<number, () => void>> = {
    128: () => byte(),
    // Names of classes and functions stand for themselves: nothing is called.
    99: () => stack.push(`${line()}.${line()}`),
    40: () => stack.push(mark),
    41: () => stack.push([]),
    93: () => stack.push([]),
    97: () => {
      const item = stack.pop()
      listAt(stack.at(-1)).push(item)
    },
    101: () => {
      const items = popMark()
      listAt(stack.at(-1)).push(...items)
    },
    116: () => stack.push(popMark()),
    133: () => tuple(1),
    134: () => tuple(2),
    135: () => tuple(3),
    125: () => stack.push(new Map()),
    78: () => stack.push(undefined),
    136: () => stack.push(true),
    137: () => stack.push(false),
    75: () => stack.push(byte()),
    77: () => stack.push(program.readUInt16LE(skip(2))),
    74: () => stack.push(program.readInt32LE(skip(4))),
    // A long number, lowest byte first; none that is needed here is negative.
    138: () => {
      const bytes = byte()
      const start = skip(bytes)
      stack.push([...program.subarray(start, at)].reduceRight((sum, low) => sum * 256 + low, 0))
    },
    71: () => stack.push(program.readDoubleBE(skip(8))),
    88: () => {
      const bytes = program.readUInt32LE(skip(4))
      const start = skip(bytes)
      stack.push(program.toString('utf8', start, at))
    },
    113: () => memo.set(byte(), stack.at(-1)),
    114: () => memo.set(program.readUInt32LE(skip(4)), stack.at(-1)),
    104: () => stack.push(memo.get(byte())),
    106: () => stack.push(memo.get(program.readUInt32LE(skip(4)))),
    81: () => stack.push(hooks.persistent?.(stack.pop())),
    82: () => {
      const args = stack.pop()
      stack.push(hooks.made(String(stack.pop()), Array.isArray(args) ? args : []))
    },
    115: () => {
      const [key, value] = stack.splice(-2)
      mapAt(stack.at(-1)).set(key, value)
    },
    117: () => {
      const pairs = popMark()
      for (let pair = 0; pair < pairs.length; pair += 2) mapAt(stack.at(-1)).set(pairs[pair], pairs[pair + 1])
    },
    98: () => {
      const state = stack.pop()
      hooks.built?.(stack.at(-1), state)
    },
  }
  for (let code = byte(); code !== 46; code = byte()) {
    const instruction = instructions[code]
    if (instruction === undefined)
      throw new TypeError(`the pickle has an instruction that weights do not need: ${code}`)
    instruction()
  }
  return { value: stack.pop(), end: at }
}

function mapAt(value: unknown): Map<unknown, unknown> {
  if (!(value instanceof Map)) throw new TypeError('the pickle fills something else than a dictionary')
  return value
}

function listAt(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('the pickle fills something else than a list')
  return value
}
