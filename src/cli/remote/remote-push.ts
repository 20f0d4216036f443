import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { byteCount } from './byte-count.ts'
import { carriedLines } from './carried-lines.ts'
import { keysOfJob } from './keys-of-job.ts'
import { remoteAndStoreFlags, remoteFailed, withRemoteAndStore } from './remote-use.ts'

/** `reprise remote push`: sends results to the team's cache. */
export const remotePushCommand = command({
  name: 'remote push',
  description: "Sends the results of a job to the team's cache, or those that runs left unsent.",
  positionals: [{ name: 'job', description: 'A job directory; without one, what runs left unsent is sent.' }],
  flags: { json: { kind: 'switch', description: 'Writes what was sent as one JSON object.' }, ...remoteAndStoreFlags },
  examples: [
    { line: 'reprise remote push', does: 'sends what earlier runs could not' },
    { line: 'reprise remote push ./subtitles-talk', does: 'sends the results that a job used last' },
  ],
  async execute({ flags, positionals }, context) {
    const job = positionals[0] === undefined ? undefined : resolve(context.cwd, positionals[0])
    return withRemoteAndStore('remote push', flags, job, context, async (remote, local) => {
      if (remote.readOnly) {
        const why =
          remote.site.signer === undefined
            ? "there is no key to sign with; see 'reprise remote keygen'"
            : 'no scope is to be written'
        return usageError(context, 'remote push', `nothing can be sent to ${remote.name}: ${why}`)
      }
      const keys = job === undefined ? undefined : await keysOfJob(local, job)
      if (keys?.length === 0) return usageError(context, 'remote push', `there are no results of a job in ${job}`)
      const [{ pushToRemote, describeStoreFailure }, progress] = [
        await import('../../../store/index.ts'),
        byteCount('sending', context),
      ]
      const interrupt = interruptOn(process, () => {})
      try {
        const sent = await pushToRemote(local, remote, keys, { signal: interrupt.signal, onProgress: progress.show })
        progress.end()
        if (!sent.ok) {
          writeError(context, 'remote push', describeStoreFailure(sent.error))
          return remoteFailed
        }
        const lines = carriedLines(sent.value, { done: 'sent', where: `to ${remote.name}` })
        context.stdout.write(`${flags.json ? JSON.stringify(sent.value) : lines.join('\n')}\n`)
        return exitCodes.ok
      } catch (error) {
        progress.end()
        if (!interrupt.signal.aborted) throw error
        writeError(context, 'remote push', 'interrupted; what was sent stays, and the rest can be sent later')
        return exitCodes.interrupted
      } finally {
        interrupt.dispose()
      }
    })
  },
})
