import type { Graph } from './graph.ts'
import { itemsInId } from './step-id.ts'

const maxNameBytes = 120

/** Most names: one byte a character, all safe. */
const plainName = /^[A-Za-z0-9_ +=@,()[\]-][A-Za-z0-9._ +=@,()[\]-]*$/

/**
 * Returns a name that is one safe path component and tells different names apart: what is unsafe is percent-encoded.
 */
export function safeFileName(name: string): string {
  if (name.length <= maxNameBytes && plainName.test(name)) return name
  const encoded = [...name.normalize('NFC')]
    .map((character) => (isSafe(character) ? character : percentEncoded(character)))
    .join('')
  const undotted = encoded.startsWith('.') ? `%2E${encoded.slice(1)}` : encoded
  if (undotted === '') return '%'
  return Buffer.byteLength(undotted) <= maxNameBytes ? undotted : `${shortened(undotted)}~${checksum(undotted)}`
}

/** Node takes milliseconds to make ready an expression with letters of all scripts. */
function isSafe(character: string): boolean {
  if (character < '\x80') return /^[A-Za-z0-9._ +=@,()[\]-]$/.test(character)
  return /^[\p{L}\p{N}]$/u.test(character)
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function shortened(name: string): string {
  let kept = ''
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > maxNameBytes - 10) break
    kept += character
  }
  return kept
}

/** FNV-1a, 32 bits: it only tells long names apart. */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}

/** What `safeFileName` returns, and such a name with a `~` and a number or a digest behind it. */
const safeName = /^(?:[\p{L}\p{N}_ +=@,()[\]-]|%[0-9A-F]{2})(?:[\p{L}\p{N}._ +=@,()[\]~-]|%[0-9A-F]{2})*$/u
const safeNameMaxBytes = maxNameBytes + 20

/** Returns the directory of an item from how it stands in an id. What is percent-encoded there is not encoded again. */
export function itemFolder(item: string): string {
  if (item.length <= maxNameBytes && plainName.test(item)) return item
  const name = item.normalize('NFC')
  return safeName.test(name) && Buffer.byteLength(name) <= safeNameMaxBytes ? name : safeFileName(name)
}

type Numbered = Pick<Graph, 'order' | 'parts'>

/** Directories of steps by name, for each order of steps. */
const folders = new WeakMap<readonly string[], ReadonlyMap<string, string>>()

function foldersOf({ order, parts = {} }: Numbered): ReadonlyMap<string, string> {
  const known = folders.get(order)
  if (known !== undefined) return known
  const names = new Set(order)
  const whole = order.filter((name) => !names.has(parts[name] ?? ''))
  const numbers = new Map(whole.map((name, index) => [name, String(index + 1).padStart(2, '0')]))
  const made = new Map(
    order.map((name) => {
      const number = numbers.get(name) ?? numbers.get(parts[name] ?? '') ?? '00'
      return [name, `${number}_${safeFileName(name)}`] as const
    }),
  )
  folders.set(order, made)
  return made
}

/** Returns the directories of a graph's steps in the job directory; one that is fanned out has those of its items in it. */
export function stepFolders(graph: Numbered): readonly string[] {
  return [...foldersOf(graph).values()]
}

/**
 * Returns the directory of a step in the job directory: `02_recognize`, or `03_translate/es` for an item of a fan-out.
 */
export function stepDirectory(graph: Numbered, step: { readonly id: string; readonly name: string }): string {
  const folder = foldersOf(graph).get(step.name) ?? `00_${safeFileName(step.name)}`
  return step.id.includes('/') ? [folder, ...itemsInId(step.id).map(itemFolder)].join('/') : folder
}
