import { exitCodes } from '../core/index.ts'
import { command } from './command.ts'
import { storeFlags } from './run-flags.ts'
import { storeDir } from './store-location.ts'

/** `reprise cache path`: says where the store is. */
export const cachePathCommand = command({
  name: 'cache path',
  description: 'Prints where the store is.',
  positionals: [],
  flags: storeFlags,
  examples: [{ line: 'du -sh "$(reprise cache path)"', does: 'says what the store takes on the disk' }],
  async execute({ flags }, surroundings) {
    surroundings.stdout.write(`${storeDir(flags.store, surroundings)}\n`)
    return exitCodes.ok
  },
})
