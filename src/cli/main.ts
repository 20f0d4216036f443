#!/usr/bin/env node
import * as nodeModule from 'node:module'

// There from Node 22.8 on: compiled code is kept between runs. Asked for before anything large is loaded.
if ('enableCompileCache' in nodeModule && typeof nodeModule.enableCompileCache === 'function') {
  nodeModule.enableCompileCache()
}

const [{ main }, { processSurroundings }] = await Promise.all([import('./program.ts'), import('./surroundings.ts')])
process.exitCode = await main(process.argv.slice(2), processSurroundings())
