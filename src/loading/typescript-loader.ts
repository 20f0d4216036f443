import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { blake3UrlSafeBase64 } from '@napi-rs/blake-hash'
import type { Jiti, JitiOptions, TransformOptions } from 'jiti'
import packageJson from '../../package.json' with { type: 'json' }
import { readOwn, removeOld, replaceKept } from './own-cache-dir.ts'

/** A BLAKE3 hash in base64, without its padding. */
const checksumBytes = 43

export interface TypeScriptLoaderOptions extends Pick<JitiOptions, 'interopDefault' | 'virtualModules'> {
  /** Where to keep what it makes of a file, because that takes longer than all the rest of a run with nothing to do. */
  readonly keptIn: string | undefined
}

/**
 * Returns what imports TypeScript without a build: configs, and the modules of stages' threads.
 *
 * The loader would keep it by itself in a folder of the system's, such as /tmp/jiti: there another user may have put
 * what is to be executed, and a full disk would be a config that cannot be loaded.
 */
export function typeScriptLoader(path: string, { keptIn: dir, ...options }: TypeScriptLoaderOptions): Jiti {
  // Required: where compiled code is kept, Node 20 cannot import from it.
  const { createJiti }: typeof import('jiti') = createRequire(import.meta.url)('jiti')
  const plain = createJiti(path, { ...options, fsCache: false })
  if (dir === undefined) return plain
  const transform = (file: TransformOptions) => ({ code: madeOf(file, dir, () => plain.transform(file)) })
  return createJiti(path, { ...options, fsCache: false, transform })
}

/** Returns what is made of a file: what was kept of that, or what `make` returns, which is then kept. */
function madeOf(file: TransformOptions, dir: string, make: () => string): string {
  const about = JSON.stringify([packageJson.dependencies.jiti, file])
  const path = join(dir, hashOf(Buffer.from(about)))
  const kept = readKept(path)
  if (kept !== undefined) return kept
  const code = make()
  // Code that cannot be parsed becomes code that throws, with a message that names the line.
  if (!code.includes('__JITI_ERROR__')) writeKept(dir, path, code)
  return code
}

function readKept(path: string): string | undefined {
  try {
    const bytes = readOwn(path)
    const code = bytes.subarray(checksumBytes)
    return bytes.toString('latin1', 0, checksumBytes) === hashOf(code) ? code.toString('utf8') : undefined
  } catch {
    return undefined
  }
}

/** If it cannot be written, the next run makes it again. */
function writeKept(dir: string, path: string, code: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const bytes = Buffer.from(code)
    replaceKept(path, Buffer.concat([Buffer.from(hashOf(bytes), 'latin1'), bytes]))
    removeOld(dir)
  } catch {
    return
  }
}

function hashOf(bytes: Uint8Array): string {
  return blake3UrlSafeBase64(bytes).slice(0, checksumBytes)
}
