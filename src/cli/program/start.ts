import { exitCodes } from '../../core/failure/failure.ts'
import { writeError } from '../command-line/error-line.ts'
import { main, processContext } from './program.ts'

async function start(): Promise<void> {
  // A run may wait for what does not keep a process alive by itself, such as a lease that another run holds.
  const alive = setInterval(() => {}, 2 ** 30)
  const context = processContext(({ message }) => {
    writeError(context, '', `what was to be printed is lost: ${message}`)
    process.exitCode = exitCodes.stepFailed
  })
  const exitCode = await main(process.argv.slice(2), context)
  // The stream may have failed meanwhile, and may yet.
  process.exitCode ??= exitCode
  clearInterval(alive)
  // What listens to this, as tracing may, begins something new when nothing else is left to do.
  const isAwaited = () => process.listenerCount('beforeExit') > 0
  if (isAwaited()) return
  process.once('beforeExit', () => {
    // All is written, and Node takes longer to take itself down piece by piece.
    if (!isAwaited()) process.exit()
  })
}

void start()
