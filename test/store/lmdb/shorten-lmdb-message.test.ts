import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { expect, it } from 'vitest'
import { newDirectory, open } from '../fixtures.ts'

it.runIf(process.platform === 'linux')('cuts what LMDB says of a page before the sizes of its buffers', async () => {
  await open({ dir: newDirectory() })
  const messages = constantsOfLmdb().flatMap(
    (bytes) => bytes.toString('latin1').match(/Attempting to write page at position [^\0]*/g) ?? [],
  )
  expect(messages).toEqual(['Attempting to write page at position %u, size %u, blocks %u'])
})

/** Returns what this process has mapped from the file of lmdb-js to be read alone. */
function constantsOfLmdb(): readonly Buffer[] {
  const memory = openSync('/proc/self/mem', 'r')
  try {
    const maps = readFileSync('/proc/self/maps', 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) r--p .*lmdb.*\.node$/gm)
    return [...maps].map(([, start = '', end = '']) => {
      const bytes = Buffer.alloc(Number.parseInt(end, 16) - Number.parseInt(start, 16))
      readSync(memory, bytes, 0, bytes.length, Number.parseInt(start, 16))
      return bytes
    })
  } finally {
    closeSync(memory)
  }
}
