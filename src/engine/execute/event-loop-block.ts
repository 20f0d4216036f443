/** How long a stage may block the event loop before a warning. */
const blockMaxMs = 5000

/** Calls a stage's function, and warns when the call blocked the event loop for long before it returned. */
export function warnOfBlock<Value>(call: () => Value, onWarning: (line: string) => void): Value {
  const began = performance.now()
  const value = call()
  const blockMs = performance.now() - began
  if (blockMs > blockMaxMs) {
    const seconds = Math.round(blockMs / 1000)
    onWarning(
      `the stage blocked the event loop for ${seconds} s, so that no cancel, timeout or other step could run; move the work into a stage thread`,
    )
  }
  return value
}
