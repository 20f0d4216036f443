import { canonicalJson, digestBytes, type JsonObject } from '../../../store/index.ts'
import { type AnyStage, isRecord } from '../../core/index.ts'
import type { Offer } from './offer.ts'
import type { Order } from './order.ts'

const markDigits = 12

/** What stands for the code of a stage in an offer: its version, and a digest of what of its source is in its key. */
export function sourceMark(
  { version }: Pick<AnyStage, 'version'>,
  { source, packages = {} }: { readonly source?: JsonObject | undefined; readonly packages?: JsonObject | undefined },
): string {
  if (source === undefined) return `v${version}`
  return `v${version} ${digestBytes(Buffer.from(canonicalJson({ source, packages }))).hash.slice(0, markDigits)}`
}

/** The name of a stage in an offer's sources. */
export function sourceName(pipeline: string, stage: string): string {
  return `${pipeline}/${stage}`
}

/**
 * Returns in what a worker differs from what an order needs, as far as its offer says. That may be old: an upgrade or an edit
 * since is found when it derives the key.
 */
export function misfits(
  { device, tools, sources = {}, pipelines }: Offer,
  { pipeline, request }: Order,
): readonly string[] {
  const { action } = request
  const found: string[] = []
  if (action.device !== 'cpu' && action.device !== device) found.push(`device "${action.device}" -> "${device}"`)
  if (pipelines.length > 0 && !pipelines.includes(pipeline)) found.push(`pipeline ${pipeline}: it is not there`)
  for (const [name, tool] of Object.entries(action.tools)) {
    const there = Object.hasOwn(tools, name) ? tools[name] : undefined
    const needed = isRecord(tool) && typeof tool.version === 'string' ? tool.version : 'unknown'
    if (there === undefined || there === needed) continue
    found.push(`tools.${name} ${needed} -> ${there ?? 'none'}`)
  }
  const there = sources[sourceName(pipeline, action.stage.name)]
  if (there !== undefined && there !== sourceMark(action.stage, action)) found.push(`source of ${action.stage.name}`)
  return found
}
