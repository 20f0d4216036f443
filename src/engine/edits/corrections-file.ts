import { join } from 'node:path'
import { type JsonValue, writeAtomically } from '../../../store/index.ts'
import type { Graph, Overlay } from '../../core/index.ts'
import { isJson } from '../../core/index.ts'
import { readText } from '../system/read-text.ts'

/** Returns where the corrections of a job lie, if the run is given no others. */
export function correctionsPath(jobDir: string, { input }: Pick<Overlay, 'input'>): string {
  return join(jobDir, `${input}.json`)
}

/** The corrections of a job: read, absent, or invalid. */
export type CorrectionsReading =
  | { readonly kind: 'read'; readonly value: JsonValue }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid' }

/** Reads a file of corrections. */
export function readCorrections(path: string): CorrectionsReading {
  const text = readText(path)
  if (text === undefined) return { kind: 'absent' }
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? { kind: 'read', value } : { kind: 'invalid' }
  } catch {
    return { kind: 'invalid' }
  }
}

/** Writes a file of corrections, durably: what a person wrote is nowhere else. Throws what the file system throws. */
export function writeCorrections(path: string, value: JsonValue): void {
  writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`, { durable: true })
}

/** Returns the inputs of a run with the corrections of its job, where it is given none, and the name of that input. */
export function withCorrections<Given extends object>(
  { overlay }: Pick<Graph, 'overlay'>,
  jobDir: string,
  given: Given,
): { readonly given: Given; readonly own?: string } {
  if (overlay === undefined || Reflect.get(given, overlay.input) !== undefined) return { given }
  const path = correctionsPath(jobDir, overlay)
  const own = overlay.input
  return readText(path) === undefined ? { given, own } : { given: { ...given, [own]: path }, own }
}
