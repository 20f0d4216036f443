import { posix } from 'node:path'

/** What a file's name says of the call that it is of. */
export interface NamedLeg {
  /** The name without what tells the sides apart: the same for both. */
  readonly call: string
  /** As the name has it, such as `in`. */
  readonly label: string
  readonly side: 'a' | 'b'
}

/**
 * How recorders call the two sides, the far one first: Asterisk's and FreeSWITCH's in and out, receive and transmit, rtpengine's
 * caller and callee, contact centres' customer and agent.
 */
const sidePairs: readonly (readonly [string, string])[] = [
  ['in', 'out'],
  ['inbound', 'outbound'],
  ['rx', 'tx'],
  ['r', 't'],
  ['read', 'write'],
  ['recv', 'send'],
  ['caller', 'callee'],
  ['calling', 'called'],
  ['customer', 'agent'],
  ['client', 'agent'],
  ['guest', 'host'],
  ['remote', 'local'],
  ['far', 'near'],
  ['left', 'right'],
  ['l', 'r'],
  ['a', 'b'],
  ['legA', 'legB'],
  ['side1', 'side2'],
]

/** Returns every way to read a name as that of one side. */
export function namedLegs(path: string): readonly NamedLeg[] {
  const { dir, name } = posix.parse(path)
  const words = name.split(/([-_.\s()[\]]+)/)
  return words.flatMap((word, index) =>
    sidePairs.flatMap((pair, family) =>
      pair.flatMap((label, side) => {
        if (word.toLowerCase() !== label.toLowerCase()) return []
        const rest = [...words.slice(0, index), '', ...words.slice(index + 1)].join('')
        const call = posix.join(dir, rest.replace(/^[-_.\s]+|[-_.\s]+$/g, ''))
        return [{ call: `${family} ${index} ${call}`, label: word, side: side === 0 ? 'a' : 'b' } as const]
      }),
    ),
  )
}

/** Returns a name for a call, from those of its files. */
export function callName(paths: readonly string[], label: string | undefined): string {
  const [path = ''] = paths
  const { dir, name } = posix.parse(path)
  const words = name.split(/([-_.\s()[\]]+)/)
  const index = label === undefined ? -1 : words.lastIndexOf(label)
  const rest = index < 0 ? name : [...words.slice(0, index), ...words.slice(index + 1)].join('')
  const tidy = rest
    .replace(/\(\s*\)|\[\s*\]/g, '')
    .replace(/([-_.\s])[-_.\s]+/g, '$1')
    .replace(/^[-_.\s]+|[-_.\s]+$/g, '')
  return posix.join(dir, tidy === '' ? name : tidy)
}

/**
 * Returns when a recording began, by its name: `20240531-140211`, `2024-05-31 14-02-11`, or seconds since 1970 as Asterisk
 * writes them. Local time without a zone, as names have none; undefined where there is no date.
 */
export function startOf(path: string): string | undefined {
  const { name } = posix.parse(path)
  const date =
    /(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?:[-_.T\s]*(\d\d)[-_.:h]?(\d\d)(?:[-_.:m]?(\d\d))?)?(?!\d)/.exec(
      name,
    )
  if (date !== null) {
    const [, year, month, day, hour = '00', minute = '00', second = '00'] = date
    const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`
    if (date[4] !== undefined && !Number.isNaN(Date.parse(`${text}Z`))) return text
  }
  const epoch = /(?<!\d)(1[0-9]{9})(?:\.\d+)?(?!\d)/.exec(name)?.[1]
  return epoch === undefined ? undefined : new Date(Number(epoch) * 1000).toISOString().slice(0, 19)
}
