import { isMeant, type Problem, type Selection, selectionWhere } from '../../core/index.ts'

/** The take of a step that a job uses, and the highest number of its takes. */
export interface StepTakes {
  readonly current: number
  readonly highest: number
}

/** By step id; a step with only its first take is left out. */
export type JobTakes = Readonly<Record<string, StepTakes>>

/** Returns the takes as a part of a record; nothing where there are none. */
export function takesPart(takes: JobTakes): { readonly takes?: JobTakes } {
  return Object.keys(takes).length === 0 ? {} : { takes }
}

const first: StepTakes = { current: 1, highest: 1 }

/** The take of each step in a run: the one that the job used last, a chosen one, or a fresh one. */
export class Takes {
  readonly #reroll: readonly string[]
  readonly #pinned: readonly (readonly [string, number])[]
  readonly #kept = new Map<string, StepTakes>()
  readonly #fresh = new Map<string, number>()

  constructor({ reroll = [], takes = {} }: Selection = {}) {
    this.#reroll = reroll
    this.#pinned = Object.entries(takes)
  }

  /** Loads the takes of the job. Returns the chosen takes that do not exist. */
  open(kept: JobTakes = {}): readonly Problem[] {
    for (const [id, takes] of Object.entries(kept)) this.#kept.set(id, takes)
    return this.#pinned.flatMap(([given, take]) => {
      const highest = Math.max(1, ...[...this.#kept].flatMap(([id, of]) => (isMeant(given, id) ? [of.highest] : [])))
      if (take <= highest) return []
      const has = highest === 1 ? 'it has only the first' : `its takes are 1 to ${highest}`
      return [
        {
          where: selectionWhere('takes'),
          message: `'${given}' has no take ${take} in this job: ${has}; --reroll computes another`,
        },
      ]
    })
  }

  /** Returns the take that the run uses of a step, unless it is a fresh one without a number yet. */
  settled(id: string): number | undefined {
    if (this.#reroll.some((given) => isMeant(given, id))) return this.#fresh.get(id)
    return this.#current(id, this.#kept.get(id) ?? first)
  }

  /** Returns the take of a rerolled step: the first number that is free. */
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

  /** Returns the takes to write into the job; `recorded` tells for which steps a fresh take was made. */
  kept(recorded: (id: string) => boolean): JobTakes {
    const kept = new Map<string, StepTakes>()
    for (const [id, takes] of this.#kept) kept.set(id, { ...takes, current: this.#current(id, takes) })
    for (const [id, take] of this.#fresh) if (recorded(id)) kept.set(id, { current: take, highest: take })
    return Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
