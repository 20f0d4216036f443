import { execFileSync } from 'node:child_process'

const script = `
const fs = require('node:fs')
process.chdir(process.argv[1])
for (let depth = 0; depth < 900; depth++) {
  fs.writeFileSync('file', 'x')
  fs.mkdirSync('conftest3')
  process.chdir('conftest3')
}`

/** Makes directories in each other, deeper than a path may be long, each with a file in it. */
export function makeDeepTree(dir: string): void {
  execFileSync(process.execPath, ['-e', script, dir])
}
