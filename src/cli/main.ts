#!/usr/bin/env node
import * as nodeModule from 'node:module'
import { compiledCodeDir, keepCompiledCode } from './compiled-code.ts'

// Compiled code is kept between runs: by Node itself where it can, which is from 22.8 on, and else by us.
if ('enableCompileCache' in nodeModule && typeof nodeModule.enableCompileCache === 'function') {
  nodeModule.enableCompileCache()
} else {
  const cacheDir = compiledCodeDir(process.env)
  if (cacheDir !== undefined)
    keepCompiledCode(import.meta.dirname, cacheDir, process.argv[2] === 'run' ? 'run' : 'other')
}

void import('./start.ts')
