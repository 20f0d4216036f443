import { writeSync } from 'node:fs'
import { exitCodes } from '../../core/failure/failure.ts'
import { writeError } from '../command-line/error-line.ts'
import { main, processContext } from './program.ts'

/** How long something that a stage left open, such as a timer, may keep the program alive. */
const lingerMs = 2000

async function start(): Promise<void> {
  // A run may wait for something that does not keep a process alive, such as a lease of another run.
  const alive = setInterval(() => {}, 2 ** 30)
  let isLost = false
  const context = processContext(({ message }) => {
    writeError(context, '', `failed to write output: ${message}`)
    isLost = true
    process.exitCode = exitCodes.stepFailed
  })
  if (process.argv.includes('--json') && !context.stdout.isTerminal) {
    // What the code of configs and stages prints there is not valid JSON.
    process.stdout.write = process.stderr.write.bind(process.stderr)
  }
  let hasEnded = false
  process.once('exit', (code) => {
    if (hasEnded || code !== 0) return
    writeSync(
      2,
      'reprise: the code of a pipeline ended the program with process.exit(0), before the command was done\n',
    )
    process.exitCode = exitCodes.stepFailed
  })
  const exitCode = await main(process.argv.slice(2), context)
  hasEnded = true
  // The stream may have failed meanwhile, or may still fail; what a stage has set does not count.
  process.exitCode = isLost ? exitCodes.stepFailed : exitCode
  clearInterval(alive)
  // A listener of this event, as tracing may have, starts new work when nothing else is left to do.
  const isAwaited = () => process.listenerCount('beforeExit') > 0
  if (isAwaited()) return
  const exit = () => {
    process.off('beforeExit', exit)
    // All output is written, and Node would take longer to shut down by itself.
    if (!isAwaited()) process.exit()
  }
  process.once('beforeExit', exit)
  setTimeout(exit, lingerMs).unref()
}

void start()
