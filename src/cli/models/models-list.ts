import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { hasBuild, type Model, models, modelsHome, placeOf, sourceName } from '../../models/index.ts'
import { sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { modelError } from './model-error.ts'

/** `reprise models list`: shows every model, and which are installed. */
export const modelsListCommand = command({
  name: 'models list',
  description: 'Shows the models that steps can use: what for, licence, size, and whether they are installed.',
  positionals: [],
  flags: { json: { kind: 'switch', description: 'Writes the same as one JSON object, with sources and digests.' } },
  examples: [{ line: 'reprise models list', does: 'shows all models and the directory that they are in' }],
  async execute({ flags }, context) {
    const home = modelsHome(context.env)
    if (home === undefined) return modelError(context, 'models list', { kind: 'no-home' })
    const rows = models.map((model) => rowOf(model, home))
    const dir = { dir: home, sizeBytes: sizeOf(home) }
    const text = flags.json ? JSON.stringify({ ...dir, models: rows }) : listLines(dir, rows).join('\n')
    context.stdout.write(`${text}\n`)
    return exitCodes.ok
  },
})

function rowOf(model: Model, home: string) {
  const { name, role, version, languages, licence, runtime, sources } = model
  const place = placeOf(model, home)
  return {
    name,
    role,
    version,
    languages,
    licence,
    state: place.isInstalled
      ? 'installed'
      : runtime === undefined || hasBuild(runtime)
        ? 'not installed'
        : 'not for this system',
    sizeBytes: sources[0]?.sizeBytes ?? 0,
    ...(runtime === undefined
      ? {}
      : { runtime: { name: runtime.name, version: runtime.version, licence: runtime.licence } }),
    ...(place.isInstalled ? { path: place.path } : {}),
    sources: sources.map((source) => ({ from: sourceName(source), sha256: source.sha256 })),
  }
}

type Row = ReturnType<typeof rowOf>

function languagesText({ languages }: Row): string {
  if (languages.length === 0) return 'any language'
  return languages.length === 1 ? (languages[0] ?? '') : `${languages.length} languages`
}

function listLines(dir: { readonly dir: string; readonly sizeBytes: number }, rows: readonly Row[]): readonly string[] {
  const table = rows.map((row) => [
    row.name,
    row.state,
    row.role,
    languagesText(row),
    sizeText(row.sizeBytes),
    row.licence,
  ])
  return [
    ...columns([
      ['models', printable(dir.dir)],
      ['size', `${sizeText(dir.sizeBytes)}, with the libraries that run them`],
    ]),
    '',
    ...columns([['MODEL', 'STATE', 'ROLE', 'LANGUAGES', 'SIZE', 'LICENCE OF THE WEIGHTS'], ...table]),
  ]
}

function sizeOf(dir: string): number {
  if (!existsSync(dir)) return 0
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  const sizes = entries.map((entry) => (entry.isFile() ? fileSize(join(entry.parentPath, entry.name)) : 0))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** An installation may be renaming files meanwhile. */
function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
