/**
 * Gives GPUs out to steps, those first that fewest steps have: as many steps as there are GPUs have one each, and where
 * more slots are declared than there are GPUs, they share them evenly.
 */
export class Gpus {
  /** How many steps have each, by its name in `CUDA_VISIBLE_DEVICES`. */
  readonly #users: Map<string, number>

  constructor(names: readonly string[]) {
    this.#users = new Map(names.map((name) => [name, 0]))
  }

  /** Runs `work` with so many GPUs, or with all where there are fewer; it is told their names. */
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
