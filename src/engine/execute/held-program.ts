/** How long the program may be held, before anybody is told of it. */
const heldMaxMs = 5000

/** Calls a stage's function, and tells when the program was held for long before the call returned. */
export function tellingOfHold<Value>(call: () => Value, tell: (line: string) => void): Value {
  const began = performance.now()
  const value = call()
  const heldMs = performance.now() - began
  if (heldMs > heldMaxMs) {
    const seconds = Math.round(heldMs / 1000)
    tell(
      `its run held the program for ${seconds} s, in which no cancel, time-out or other step got a turn: let one of the stage's threads compute that`,
    )
  }
  return value
}
