import { createRequire } from 'node:module'

// The build puts the command line beside this file, as CommonJS, which Node starts sooner than an ES module.
createRequire(import.meta.url)('./cli.cjs')
