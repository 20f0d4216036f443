import { main, processSurroundings } from './program.ts'

async function start(): Promise<void> {
  // A run may wait for what does not keep a process alive by itself, such as a lease that another run holds.
  const alive = setInterval(() => {}, 2 ** 30)
  process.exitCode = await main(process.argv.slice(2), processSurroundings())
  clearInterval(alive)
}

void start()
