import { isAscii } from 'node:buffer'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { blake3UrlSafeBase64 } from '@napi-rs/blake-hash'
import { isOurs, ownCacheDir, readOwn, removeOld, replaceKept } from './own-cache-dir.ts'

/** The function that Node makes of a CommonJS module's text. */
type ModuleFunction = (exports: unknown, require: unknown, module: unknown, filename: string, dirname: string) => void

/** Compiles modules, and keeps the compiled code for later processes. */
export interface KeptCode {
  /** Returns what the CommonJS module in a file is, as a function; what it throws says that it came from there. */
  compile(path: string): ModuleFunction
}

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
 * This many runs write what they compiled, and then one run a day: the first has executed steps, only the second
 * has served some, and another one may be of another pipeline.
 */
const writingRuns = 3
/**
 * After so many runs one keeps only what it called itself: what executing steps takes would slow down all that execute
 * none.
 */
const startingOverRun = 1
/** How many runs, in one digit, the day of the last one, in five, and the checksum of the rest in base64. */
const headerBytes = 49

/**
 * Returns what compiles modules, and keeps their compiled form in `cacheDir`; where there is none, it only compiles.
 * What a process calls is kept with it, so that each `kind` of process has its own.
 *
 * V8 knows its own work by its version and takes it as it is: that it belongs to this text, and that it is whole, is
 * checked by hashes.
 */
export function openKeptCode(cacheDir: string | undefined, kind: string): KeptCode {
  if (cacheDir === undefined || !isOurs(cacheDir)) {
    return { compile: (path) => functionOf(new Script(readWrapped(path, kind).text, { filename: path }), path) }
  }
  const compiled: Compiled[] = []
  process.once('exit', () => writeAll(compiled, cacheDir))
  return {
    compile(path) {
      const { text, hash } = readWrapped(path, kind)
      const kept = compileKept(text, path, join(cacheDir, hash.slice(0, 32)))
      compiled.push(kept)
      return functionOf(kept.script, path)
    },
  }
}

/** The text of a module as a function, and a hash of what its compiled form depends on. */
interface WrappedModule {
  readonly text: string
  readonly hash: string
}

const opening = '(function (exports, require, module, __filename, __dirname) { '
const closing = '\n});'

/**
 * Reads a module. Bytes are hashed much faster than a text; and one of ASCII only, as the build makes them, is a copy
 * of
 * its bytes. Errors in code that was kept name the file that it was compiled from, so that a copy elsewhere needs its
 * own.
 */
function readWrapped(path: string, kind: string): WrappedModule {
  const about = Buffer.from(`${process.version} ${process.arch} ${kind} ${path}\0`)
  const bytes = Buffer.concat([about, Buffer.from(opening), readFileSync(path), Buffer.from(closing)])
  const wrapped = bytes.subarray(about.length)
  return { text: wrapped.toString(isAscii(wrapped) ? 'latin1' : 'utf8'), hash: blake3UrlSafeBase64(bytes) }
}

function functionOf(script: Script, filename: string): ModuleFunction {
  const wrapper: unknown = script.runInThisContext({ displayErrors: true })
  if (!isModuleFunction(wrapper)) throw new TypeError(`${filename} cannot be wrapped`)
  return wrapper
}

/** Returns where compiled code is kept for this user, as Node's own variables and the system's customs have it. */
export function compiledCodeDir(env: NodeJS.ProcessEnv): string | undefined {
  if ((env.NODE_DISABLE_COMPILE_CACHE ?? '') !== '') return undefined
  if ((env.NODE_COMPILE_CACHE ?? '') !== '') return env.NODE_COMPILE_CACHE
  return ownCacheDir('code', env)
}

function isModuleFunction(value: unknown): value is ModuleFunction {
  return typeof value === 'function'
}

function compileKept(text: string, filename: string, path: string): Compiled {
  const kept = readKept(path)
  if (kept === undefined || kept.runs === startingOverRun) {
    return { script: new Script(text, { filename }), path, runs: kept?.runs ?? 0, isOfToday: false }
  }
  const script = new Script(text, { filename, cachedData: kept.code })
  if (script.cachedDataRejected === true) return { script, path, runs: 0, isOfToday: false }
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
    const bytes = readOwn(path)
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

/** If it cannot be written, the next run compiles again. */
function writeAll(compiled: readonly Compiled[], cacheDir: string): void {
  const fresh = compiled.filter(({ runs, isOfToday }) => runs < writingRuns || !isOfToday)
  if (fresh.length === 0) return
  try {
    mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
    for (const { script, path, runs } of fresh) {
      const code = script.createCachedData()
      replaceKept(
        path,
        Buffer.concat([Buffer.from(`${Math.min(runs + 1, writingRuns)}${today()}${checksum(code)}`, 'latin1'), code]),
      )
    }
    removeOld(cacheDir)
  } catch {
    return
  }
}
