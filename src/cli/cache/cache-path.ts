import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { complain } from '../command-line/complaint.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { noStorePlace, storeDir } from '../command-line/store-location.ts'

/** `reprise cache path`: says where the store is. */
export const cachePathCommand = command({
  name: 'cache path',
  description: 'Prints where the store is.',
  positionals: [],
  flags: storeFlags,
  examples: [{ line: 'du -sh "$(reprise cache path)"', does: 'says what the store takes on the disk' }],
  async execute({ flags }, surroundings) {
    const dir = await storeDir(flags.store, surroundings)
    if (dir === undefined) {
      complain(surroundings, 'cache path', noStorePlace)
      return exitCodes.storeUnusable
    }
    surroundings.stdout.write(`${dir}\n`)
    return exitCodes.ok
  },
})
