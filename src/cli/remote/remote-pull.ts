import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { byteCount } from './byte-count.ts'
import { carriedLines } from './carried-lines.ts'
import { keysOfJob } from './keys-of-job.ts'
import { remoteAndStoreFlags, remoteFailed, withRemoteAndStore } from './remote-use.ts'

/** `reprise remote pull`: fetches the results of a job from the team's cache. */
export const remotePullCommand = command({
  name: 'remote pull',
  description: "Fetches the results of a job from the team's cache into the store, whatever their size.",
  positionals: [
    {
      name: 'job',
      description: 'A job directory, perhaps of another machine: its manifests say which results.',
      required: true,
    },
  ],
  flags: {
    json: { kind: 'switch', description: 'Writes what was fetched as one JSON object.' },
    ...remoteAndStoreFlags,
  },
  notes:
    'A run fetches by itself what it needs. This is for a train ride: afterwards, the job runs without the remote.',
  examples: [{ line: 'reprise remote pull ./subtitles-talk', does: 'fetches the results that a job used last' }],
  async execute({ flags, positionals }, context) {
    const job = resolve(context.cwd, positionals[0] ?? '')
    return withRemoteAndStore('remote pull', flags, job, context, async (remote, local) => {
      const keys = await keysOfJob(local, job)
      if (keys.length === 0)
        return usageError(context, 'remote pull', `there is no job in ${job} that says which results it needs`)
      const [{ pullFromRemote, describeStoreFailure }, progress] = [
        await import('../../../store/index.ts'),
        byteCount('fetching', context),
      ]
      const interrupt = interruptOn(process, () => {})
      try {
        const got = await pullFromRemote(local, remote, keys, { signal: interrupt.signal, onProgress: progress.show })
        progress.end()
        if (!got.ok) {
          writeError(context, 'remote pull', describeStoreFailure(got.error))
          return remoteFailed
        }
        const lines = carriedLines(got.value, { done: 'fetched', where: `from ${remote.name}` })
        context.stdout.write(`${flags.json ? JSON.stringify(got.value) : lines.join('\n')}\n`)
        return got.value.leftOut.length === 0 ? exitCodes.ok : remoteFailed
      } catch (error) {
        progress.end()
        if (!interrupt.signal.aborted) throw error
        writeError(context, 'remote pull', 'interrupted; what was fetched is kept')
        return exitCodes.interrupted
      } finally {
        interrupt.dispose()
      }
    })
  },
})
