import { isMeant, type Problem, type Selection, selectionWhere } from '../../core/index.ts'

/** Which of a step's takes a job uses, and the highest number that was given to one. */
export interface StepTakes {
  readonly current: number
  readonly highest: number
}

/** By the ids of steps; one that has only its first take is left out. */
export type JobTakes = Readonly<Record<string, StepTakes>>

/** Returns the part of a record that tells of takes, which is left out where there is nothing to tell. */
export function takesPart(takes: JobTakes): { readonly takes?: JobTakes } {
  return Object.keys(takes).length === 0 ? {} : { takes }
}

const first: StepTakes = { current: 1, highest: 1 }

/** Which take of each step a run is about: that which the job used last, one that is asked for, or a fresh one. */
export class Takes {
  readonly #reroll: readonly string[]
  readonly #pinned: readonly (readonly [string, number])[]
  readonly #kept = new Map<string, StepTakes>()
  readonly #fresh = new Map<string, number>()

  constructor({ reroll = [], takes = {} }: Selection = {}) {
    this.#reroll = reroll
    this.#pinned = Object.entries(takes)
  }

  /** Takes over what the job knows of its takes; returns the takes that are asked for and that there are not. */
  open(kept: JobTakes = {}): readonly Problem[] {
    for (const [id, takes] of Object.entries(kept)) this.#kept.set(id, takes)
    return this.#pinned.flatMap(([given, take]) => {
      const highest = Math.max(1, ...[...this.#kept].flatMap(([id, of]) => (isMeant(given, id) ? [of.highest] : [])))
      if (take <= highest) return []
      const has = highest === 1 ? 'it has only the first' : `its takes are 1 to ${highest}`
      return [
        {
          where: selectionWhere('takes'),
          message: `'${given}' has no take ${take} in this job: ${has}; a reroll makes another`,
        },
      ]
    })
  }

  /** Returns the take of a step that the run uses, where that is not a fresh one that is still to be found. */
  settled(id: string): number | undefined {
    if (this.#reroll.some((given) => isMeant(given, id))) return this.#fresh.get(id)
    return this.#current(id, this.#kept.get(id) ?? first)
  }

  /** Returns the take of a step that is to be rerolled: the first of which `isFree` holds. */
  async fresh(id: string, isFree: (take: number) => Promise<boolean>): Promise<number> {
    let take = (this.#kept.get(id) ?? first).highest + 1
    while (!(await isFree(take))) take += 1
    this.#fresh.set(id, take)
    return take
  }

  #current(id: string, { current, highest }: StepTakes): number {
    const pinned = this.#pinned.findLast(([given]) => isMeant(given, id))?.[1]
    return pinned === undefined || pinned > highest ? current : pinned
  }

  /** Returns what the job knows from now on; `recorded` tells of which steps a fresh take was made. */
  kept(recorded: (id: string) => boolean): JobTakes {
    const kept = new Map<string, StepTakes>()
    for (const [id, takes] of this.#kept) kept.set(id, { ...takes, current: this.#current(id, takes) })
    for (const [id, take] of this.#fresh) if (recorded(id)) kept.set(id, { current: take, highest: take })
    return Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
