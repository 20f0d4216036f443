import { exitCodes } from '../../core/failure/failure.ts'
import { writeError } from '../command-line/error-line.ts'
import { main, processContext } from './program.ts'

async function start(): Promise<void> {
  // A run may wait for something that does not keep a process alive, such as a lease of another run.
  const alive = setInterval(() => {}, 2 ** 30)
  const context = processContext(({ message }) => {
    writeError(context, '', `failed to write output: ${message}`)
    process.exitCode = exitCodes.stepFailed
  })
  const exitCode = await main(process.argv.slice(2), context)
  // The stream may have failed meanwhile, or may still fail.
  process.exitCode ??= exitCode
  clearInterval(alive)
  // A listener of this event, as tracing may have, starts new work when nothing else is left to do.
  const isAwaited = () => process.listenerCount('beforeExit') > 0
  if (isAwaited()) return
  process.once('beforeExit', () => {
    // All output is written, and Node would take longer to shut down by itself.
    if (!isAwaited()) process.exit()
  })
}

void start()
