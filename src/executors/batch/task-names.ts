/** Returns the name of the job in that of its worker: `n2-123_4-9f3a1c`. */
export function taskOf(worker: string): string | undefined {
  return /-([A-Za-z0-9]+_\d+)-[0-9a-f]{6}$/.exec(worker)?.[1]
}

export function isTaskName(name: string): boolean {
  return /^[A-Za-z0-9]+_\d+$/.test(name)
}

/** Anybody may write into the folder: no id becomes a flag of a command, such as `--me`. */
export function isTaskId(id: string): boolean {
  return /^\w[\w.[\]-]*$/.test(id)
}

/** Returns the worker in the name of a file in `taken`: `ID@WORKER.1.json`. */
export function takerOf(name: string): string {
  return name.slice(name.indexOf('@') + 1).replace(/\.\d+\.json$/, '')
}
