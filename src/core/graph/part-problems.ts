import type { Problem } from '../failure/failure.ts'
import { unknownName } from '../failure/nearest.ts'
import type { Graph } from './graph.ts'

/** Returns what is wrong with what steps say that they are parts of. */
export function partProblems({ order, parts = {} }: Graph): readonly Problem[] {
  return Object.entries(parts).flatMap(([name, whole]) => {
    const where = `step ${name}`
    if (!order.includes(whole))
      return [{ where, message: `its 'partOf' names an ${unknownName('step', whole, order)}` }]
    if (whole !== name && parts[whole] === undefined) return []
    return [{ where, message: `its 'partOf' names '${whole}', which is a part itself` }]
  })
}
