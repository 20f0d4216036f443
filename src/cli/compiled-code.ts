import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** What Node calls with a CommonJS module's text; it returns what the module's wrapper does. */
type Compile = (this: NodeJS.Module, content: string, filename: string) => unknown

/** A file that was compiled in this process, and how much of the work was kept by former ones. */
interface Compiled {
  readonly script: Script
  readonly path: string
  /** How many runs have added to what is kept. */
  readonly runs: number
  readonly isOfToday: boolean
}

const dayMs = 24 * 3600 * 1000

/**
 * So many runs write down what they compiled, and from then on one a day: the first has executed steps, only the second
 * has served some, and another one may be of another pipeline.
 */
const writingRuns = 3
/** What has not been written anew for so long belongs to a version that is gone, most likely. */
const keptMs = 60 * dayMs
/** How many runs, in one digit, the day of the last one, in five, and the checksum of the rest in base64. */
const headerBytes = 49

/** Every run loads it anyway. */
const { blake3UrlSafeBase64 }: typeof import('@napi-rs/blake-hash') = createRequire(import.meta.url)(
  '@napi-rs/blake-hash',
)

/**
 * Keeps the compiled form of the CommonJS files in `dir`, of all that this process loads from now on, in `cacheDir`:
 * what Node does by itself from 22.8 on. Compiling is most of what a run with nothing to do takes.
 *
 * V8 knows its own work by its version and takes it as it is: that it belongs to this text, and that it is whole, is
 * told by hashes.
 */
export function keepCompiledCode(dir: string, cacheDir: string, kind: string): void {
  // What it holds is executed, so it must be ours.
  const owner = statSync(cacheDir, { throwIfNoEntry: false })?.uid ?? process.getuid?.()
  if (owner !== process.getuid?.()) return
  const compiled: Compiled[] = []
  const original: unknown = Reflect.get(Module.prototype, '_compile')
  if (!isCompile(original)) return
  const compile: Compile = function (content, filename) {
    if (dirname(filename) !== dir) return original.call(this, content, filename)
    const kept = compileKept(content, filename, join(cacheDir, cacheName(content, kind)))
    compiled.push(kept)
    const wrapper: unknown = kept.script.runInThisContext({ displayErrors: true })
    if (typeof wrapper !== 'function') throw new TypeError(`${filename} cannot be wrapped`)
    const require = Module.createRequire(filename)
    return Reflect.apply(wrapper, this.exports, [this.exports, require, this, filename, dir])
  }
  Reflect.set(Module.prototype, '_compile', compile)
  process.once('exit', () => writeAll(compiled, cacheDir))
}

/** Returns where compiled code is kept for this user, as Node's own variables and the system's customs have it. */
export function compiledCodeDir(env: NodeJS.ProcessEnv): string | undefined {
  if ((env.NODE_DISABLE_COMPILE_CACHE ?? '') !== '') return undefined
  if ((env.NODE_COMPILE_CACHE ?? '') !== '') return env.NODE_COMPILE_CACHE
  const caches =
    process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Caches')
      : env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return process.platform === 'win32' ? undefined : join(caches, 'reprise', 'code')
}

function isCompile(value: unknown): value is Compile {
  return typeof value === 'function'
}

function cacheName(content: string, kind: string): string {
  return blake3UrlSafeBase64(`${process.version} ${process.arch} ${kind} ${content}`).slice(0, 32)
}

function compileKept(content: string, filename: string, path: string): Compiled {
  const kept = readKept(path)
  const script = new Script(Module.wrap(content), {
    filename,
    ...(kept === undefined ? {} : { cachedData: kept.code }),
  })
  if (kept === undefined || script.cachedDataRejected === true) return { script, path, runs: 0, isOfToday: false }
  return { script, path, runs: kept.runs, isOfToday: kept.day === today() }
}

interface Kept {
  readonly code: Buffer
  readonly runs: number
  readonly day: string
}

function today(): string {
  return String(Math.floor(Date.now() / dayMs)).padStart(5, '0')
}

function readKept(path: string): Kept | undefined {
  try {
    const bytes = readFileSync(path)
    const header = bytes.toString('latin1', 0, headerBytes)
    const code = bytes.subarray(headerBytes)
    if (header.slice(6) !== checksum(code)) return undefined
    return { code, runs: Number(header[0]), day: header.slice(1, 6) }
  } catch {
    return undefined
  }
}

function checksum(code: Buffer): string {
  return blake3UrlSafeBase64(code).slice(0, headerBytes - 6)
}

/** What cannot be written is compiled again by the next run. */
function writeAll(compiled: readonly Compiled[], cacheDir: string): void {
  const fresh = compiled.filter(({ runs, isOfToday }) => runs < writingRuns || !isOfToday)
  if (fresh.length === 0) return
  try {
    mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
    for (const { script, path, runs } of fresh) {
      const code = script.createCachedData()
      replaceFile(
        path,
        Buffer.concat([Buffer.from(`${Math.min(runs + 1, writingRuns)}${today()}${checksum(code)}`, 'latin1'), code]),
      )
    }
    removeOld(cacheDir)
  } catch {
    return
  }
}

function replaceFile(path: string, bytes: Buffer): void {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, bytes, { mode: 0o600 })
  renameSync(temporary, path)
}

function removeOld(cacheDir: string): void {
  for (const name of readdirSync(cacheDir)) {
    const path = join(cacheDir, name)
    if (Date.now() - statSync(path).mtimeMs > keptMs) rmSync(path, { force: true })
  }
}
