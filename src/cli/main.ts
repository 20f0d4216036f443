#!/usr/bin/env node
import * as nodeModule from 'node:module'

// There from Node 22.8 on: compiled code is kept between runs. Asked for before anything large is loaded.
if ('enableCompileCache' in nodeModule && typeof nodeModule.enableCompileCache === 'function') {
  nodeModule.enableCompileCache()
}

async function start(): Promise<void> {
  // A run may wait for what does not keep a process alive by itself, such as a lease that another run holds.
  const alive = setInterval(() => {}, 2 ** 30)
  const { main, processSurroundings } = await import('./program.ts')
  process.exitCode = await main(process.argv.slice(2), processSurroundings())
  clearInterval(alive)
}

void start()
