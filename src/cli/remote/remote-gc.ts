import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { countText, sizeText } from '../../report/text/amounts.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'

/** `reprise remote gc`: keeps a shared directory small. */
export const remoteGcCommand = command({
  name: 'remote gc',
  description: 'Keeps a shared directory that you own small: removes what was unused for longest.',
  positionals: [{ name: 'dir', description: 'The directory.', required: true }],
  flags: {
    'max-size': { kind: 'size', value: 'SIZE', description: 'What it may occupy; required.' },
    'dry-run': { kind: 'switch', letter: 'n', description: 'Says what would go, and removes nothing.' },
    json: { kind: 'switch', description: 'Writes the amounts as one JSON object.' },
  },
  notes: `It removes results, the ones written or touched longest ago first, and files that no result needs. What is younger
than a day stays, because it may belong to a result that is being sent. A bucket forgets by itself: give it a rule.`,
  examples: [{ line: 'reprise remote gc /mnt/team/reprise --max-size 2TB', does: 'brings a shared directory to 2 TB' }],
  async execute({ flags, positionals }, context) {
    const maxSizeBytes = flags['max-size']
    if (maxSizeBytes === undefined)
      return usageError(context, 'remote gc', '--max-size SIZE is required, such as --max-size 500GB')
    const { collectRemoteDirectory } = await import('../../../store/index.ts')
    const dryRun = flags['dry-run']
    const collected = await collectRemoteDirectory(resolve(context.cwd, positionals[0] ?? ''), { maxSizeBytes, dryRun })
    if (!collected.ok) return usageError(context, 'remote gc', collected.error)
    const { sizeBytes, freedBytes, results, leftovers } = collected.value
    const verb = dryRun ? 'would free' : 'freed'
    const what = `${countText(results, 'result')} and ${countText(leftovers, 'file')} that no result needs`
    const line = `${verb} ${sizeText(freedBytes)} of ${sizeText(sizeBytes)}: ${what}`
    context.stdout.write(`${flags.json ? JSON.stringify(collected.value) : line}\n`)
    return exitCodes.ok
  },
})
