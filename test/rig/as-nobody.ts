/** Root may remove and write anything, and nobody else: what another user left is only tried as root. */
export const isRoot = process.getuid?.() === 0
export const nobody = 65_534

/** Runs as a user who may not do anything, where that is possible. */
export async function asNobody<Value>(act: () => Value | Promise<Value>): Promise<Value> {
  if (isRoot) process.seteuid?.(nobody)
  try {
    return await act()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

/** Runs as root in the middle of something that runs as nobody. */
export function asRoot(act: () => void): void {
  process.seteuid?.(0)
  try {
    act()
  } finally {
    process.seteuid?.(nobody)
  }
}
