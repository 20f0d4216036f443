import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Builds the package as it is published, and checks that what package.json promises is there and loads.
process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const problems = []

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0)
    problems.push(`${command} ${args.join(' ')} failed: ${error?.message ?? `${stdout}${stderr}`.trim()}`)
  return stdout ?? ''
}

/** Returns every path in a value of `exports` or `bin`. */
function pathsIn(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(pathsIn)
}

const { bin, exports: entries, version } = JSON.parse(readFileSync('package.json', 'utf8'))

run(process.execPath, ['node_modules/tsdown/dist/run.mjs', '--log-level', 'warn'])
const promised = [...pathsIn(bin), ...pathsIn(entries)]
for (const path of promised) {
  if (!existsSync(path)) problems.push(`package.json names ${path}, which the build does not make`)
}

for (const name of readdirSync('dist').filter((file) => file.endsWith('.cjs'))) {
  if (/[^\0-\x7f]/.test(readFileSync(`dist/${name}`, 'utf8'))) problems.push(`dist/${name} is not in ASCII`)
}

if (problems.length === 0) {
  for (const name of Object.keys(entries).filter((entry) => !entry.endsWith('.json'))) {
    // By the package's own name, as a user's program imports it.
    const specifier = `reprise${name.slice(1)}`
    const { [Symbol.toStringTag]: _, ...names } = await import(specifier)
    if (Object.keys(names).length === 0) problems.push(`${specifier} exports nothing`)
  }
  const printed = run(process.execPath, [bin.reprise, '--version'])
  if (!printed.includes(version)) problems.push(`reprise --version prints '${printed.trim()}' and not ${version}`)
  const packed = run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'])
  const files = packed === '' ? [] : JSON.parse(packed)[0].files.map((file) => file.path)
  for (const path of promised.map((one) => one.replace(/^\.\//, ''))) {
    if (!files.includes(path)) problems.push(`the package would be published without ${path}`)
  }
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
