import { exitCodes } from '../../core/failure/failure.ts'
import { complain } from '../command-line/complaint.ts'
import { main, processSurroundings } from './program.ts'

async function start(): Promise<void> {
  // A run may wait for what does not keep a process alive by itself, such as a lease that another run holds.
  const alive = setInterval(() => {}, 2 ** 30)
  const surroundings = processSurroundings(({ message }) => {
    complain(surroundings, '', `what was to be printed is lost: ${message}`)
    process.exitCode = exitCodes.stepFailed
  })
  const exitCode = await main(process.argv.slice(2), surroundings)
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
