import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { writeError } from '../command-line/error-line.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { noStorePlace, storeDir } from '../command-line/store-location.ts'

/** `reprise cache path`: prints where the store is. */
export const cachePathCommand = command({
  name: 'cache path',
  description: 'Prints the directory of the store.',
  positionals: [],
  flags: storeFlags,
  examples: [{ line: 'du -sh "$(reprise cache path)"', does: 'shows how much disk space the store takes' }],
  async execute({ flags }, context) {
    const dir = await storeDir(flags.store, context)
    if (dir === undefined) {
      writeError(context, 'cache path', noStorePlace)
      return exitCodes.storeUnusable
    }
    context.stdout.write(`${dir}\n`)
    return exitCodes.ok
  },
})
