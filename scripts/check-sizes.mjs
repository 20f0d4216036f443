import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

// Fails where a file is too long to read in one sitting, or a folder holds too many for its name to say what is in it.
process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const linesMax = 300
const filesMax = 15

const listed = execFileSync(
  'git',
  ['ls-files', 'store', 'src', 'stages', '--others', '--cached', '--exclude-standard'],
  {
    encoding: 'utf8',
  },
)
const sources = [...new Set(listed.split('\n'))].filter((path) => /\.tsx?$/.test(path))

const problems = []
const countOf = new Map()
for (const path of sources) {
  const folder = dirname(path)
  countOf.set(folder, (countOf.get(folder) ?? 0) + 1)
  const lines = textOf(path).split('\n').length - 1
  if (lines > linesMax) problems.push(`${path} has ${lines} lines: split it by concern (at most ${linesMax})`)
}
for (const [folder, count] of countOf) {
  if (count > filesMax)
    problems.push(`${folder} has ${count} files: give some a folder of their own (at most ${filesMax})`)
}

/** A file that git still lists may be gone already. */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
