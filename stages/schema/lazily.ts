/** Returns a function that makes a value on its first call and returns the same one ever after. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
