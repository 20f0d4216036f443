/**
 * Lends GPUs to steps, the least used first: as many steps as there are GPUs have one each, and if
 * more slots are declared than there are GPUs, steps share them evenly.
 */
export class Gpus {
  /** How many steps have each, by its name in `CUDA_VISIBLE_DEVICES`. */
  readonly #users: Map<string, number>

  constructor(names: readonly string[]) {
    this.#users = new Map(names.map((name) => [name, 0]))
  }

  /** Runs `work` with this many GPUs, or with all if there are fewer, and passes their names. */
  async lend<Value>(count: number, work: (names: readonly string[]) => Promise<Value>): Promise<Value> {
    const names = [...this.#users]
      .sort(([, a], [, b]) => a - b)
      .slice(0, count)
      .map(([name]) => name)
    this.#count(names, 1)
    try {
      return await work(names)
    } finally {
      this.#count(names, -1)
    }
  }

  #count(names: readonly string[], change: number): void {
    for (const name of names) this.#users.set(name, (this.#users.get(name) ?? 0) + change)
  }
}
