import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compiledCodeDir, type KeptCode, openKeptCode } from './compiled-code.ts'

interface BuiltModule {
  readonly exports: unknown
}

const dir = import.meta.dirname
const requireOther = createRequire(join(dir, 'any.cjs'))
const loaded = new Map<string, BuiltModule>([['modules.cjs', { exports: { requireBuilt, importModule } }]])
let kept: KeptCode | undefined

/**
 * Returns what a CommonJS file of the build exports. The build loads its files itself, so that their compiled form can
 * be
 * kept: compiling them is most of what a run with nothing to do takes. They are loaded once, whoever asks first: the
 * commands, or what imports `reprise`.
 */
export function requireBuilt(name: string): unknown {
  const known = loaded.get(name)
  if (known !== undefined) return known.exports
  const path = join(dir, name)
  const module: BuiltModule = { exports: {} }
  loaded.set(name, module)
  try {
    kept ??= openKeptCode(compiledCodeDir(process.env), process.argv[2] === 'run' ? 'run' : 'other')
    kept.compile(path)(module.exports, requireFromBuilt, module, path, dir)
  } catch (error) {
    loaded.delete(name)
    throw error
  }
  return module.exports
}

function requireFromBuilt(id: string): unknown {
  return id.startsWith('./') ? requireBuilt(id.slice(2)) : requireOther(id)
}

/** Imports a module as Node does. Kept compiled code cannot do that on Node 20, and this file is not kept. */
export function importModule(url: string): Promise<unknown> {
  return import(url)
}
