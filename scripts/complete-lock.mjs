/**
 * Records in package-lock.json the packages of other platforms that npm left out because the registry it used does not
 * have them. Without them `npm ci` refuses the lock file. Such an entry has a version and no digest of its contents:
 * npm adds that where it can read the package. `--check` only says what is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const path = join(import.meta.dirname, '..', 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8'))

/** What npm calls the platform that the name of a package ends with. */
function platformOf(name) {
  const found =
    /-(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z0-9]+)(?:-(.+))?$/.exec(name)
  if (found === null) return undefined
  const [, os, cpu, abi = ''] = found
  const libc =
    os !== 'linux' ? undefined : abi.startsWith('musl') ? 'musl' : abi.startsWith('gnu') ? 'glibc' : undefined
  return { cpu: [cpu], os: [os], libc: libc === undefined ? undefined : [libc] }
}

/** Says whether Node finds the package `name` from the package at `from`. */
function isRecorded(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in lock.packages) return true
    if (at === '') return false
  }
}

const missing = new Map()
for (const [at, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const platform = platformOf(name)
    if (platform === undefined || isRecorded(at, name)) continue
    const { cpu, libc, os } = platform
    missing.set(`node_modules/${name}`, { version, cpu, dev, libc, optional: true, os })
  }
}

if (missing.size === 0) process.exit(0)
if (process.argv.includes('--check')) {
  const names = [...missing.keys()].map((key) => `  ${key}`).join('\n')
  console.error(`package-lock.json lacks these packages of other platforms; run: npm run lock\n${names}`)
  process.exit(1)
}
const entries = [...Object.entries(lock.packages), ...missing].sort(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`)
console.log(`recorded ${missing.size} packages in package-lock.json`)
