import type { Item } from './items.ts'

/** Where in the fan-outs over computed lists a step stands: the item of the innermost, and what is around it. */
export interface Scope {
  readonly each: string
  readonly item: Item
  /** The names of the items, the outermost first. */
  readonly names: readonly string[]
  readonly outer: Scope | undefined
}

/** Names a fan-out with the items around it, the outermost first. */
export function placeOf(each: string, items: readonly string[]): string {
  return [each, ...items].join('/')
}

/** Returns the item of a fan-out that a place inside it is in. */
export function scopeOf(each: string | undefined, innermost: Scope | undefined): Scope | undefined {
  if (each === undefined) return undefined
  let scope = innermost
  while (scope !== undefined && scope.each !== each) scope = scope.outer
  return scope
}
