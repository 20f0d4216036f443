#!/usr/bin/env node
import * as nodeModule from 'node:module'

// There from Node 22.8 on: compiled code is kept between runs. Asked for before anything large is loaded.
if ('enableCompileCache' in nodeModule && typeof nodeModule.enableCompileCache === 'function') {
  nodeModule.enableCompileCache()
}

// The build puts the commands beside this file, as CommonJS.
nodeModule.createRequire(import.meta.url)('./cli-start.cjs')
