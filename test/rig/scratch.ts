import { existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const memory = '/dev/shm'
/** More than the tests have there at once. */
const roomBytes = 2 ** 30

/**
 * The directory for what tests do hundreds of times to a store: memory, where there is enough of it to write to. What is
 * lost when the power goes is not what they test, and a disk would let them wait for it.
 */
export const scratch = hasRoom() ? memory : tmpdir()

function hasRoom(): boolean {
  if (!existsSync(memory)) return false
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize >= roomBytes
}
