import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { countText } from '../../report/text/amounts.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { keysOfJob } from './keys-of-job.ts'
import { remoteAndStoreFlags, remoteFailed, withRemoteAndStore } from './remote-use.ts'

/** `reprise remote touch`: keeps results from being forgotten. */
export const remoteTouchCommand = command({
  name: 'remote touch',
  description: "Makes results of jobs in the team's cache new, so that a server that forgets what is old keeps them.",
  positionals: [{ name: 'job', description: 'Job directories.', required: true, many: true }],
  flags: { json: { kind: 'switch', description: 'Writes the counts as one JSON object.' }, ...remoteAndStoreFlags },
  notes: 'Let a nightly job of CI that may write do this for what only readers use. A web server cannot be told.',
  examples: [{ line: 'reprise remote touch ./subtitles-talk', does: 'keeps the results of a job' }],
  async execute({ flags, positionals }, context) {
    const jobs = positionals.map((job) => resolve(context.cwd, job))
    return withRemoteAndStore('remote touch', flags, jobs[0], context, async (remote, local) => {
      if (remote.readOnly) return usageError(context, 'remote touch', `nothing can be written to ${remote.name}`)
      const keys = (await Promise.all(jobs.map((job) => keysOfJob(local, job)))).flat()
      const { touchInRemote, describeStoreFailure } = await import('../../../store/index.ts')
      const touched = await touchInRemote(remote, keys)
      if (!touched.ok) {
        writeError(context, 'remote touch', describeStoreFailure(touched.error))
        return remoteFailed
      }
      const { results, absent } = touched.value
      const rest = absent === 0 ? '' : `; ${countText(absent, 'result')} not there`
      const line = `made ${countText(results, 'result')} new in ${printable(remote.name)}${rest}`
      context.stdout.write(`${flags.json ? JSON.stringify(touched.value) : line}\n`)
      return exitCodes.ok
    })
  },
})
