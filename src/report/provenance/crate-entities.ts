import { nameInId } from '../../core/index.ts'

/** An entity of a crate, as JSON-LD. */
export type Entity = Readonly<Record<string, unknown>> & {
  readonly '@id': string
  readonly '@type': string | readonly string[]
}

/** The name of the metadata of a crate, which stands in the directory that it describes. */
export const crateFile = 'ro-crate-metadata.json'
/** The name of the description of the pipeline, which a crate needs as a file of its own. */
export const pipelineFile = 'pipeline.json'

/** The name of the report of the job in the crate. */
export const readmeFile = 'README.md'

/** Refers to an entity. */
export const ref = (id: string) => ({ '@id': id })
/** Returns a list of one as that one, which is how RO-Crate writes it. */
const compact = <T>(list: readonly T[]): T | readonly T[] =>
  list.length === 1 && list[0] !== undefined ? list[0] : list
/** Refers to entities, each once. */
export const refs = (ids: Iterable<string>) => compact([...new Set(ids)].map(ref))

export const engineId = 'urn:reprise:runner'

export const readme: Entity = {
  '@id': readmeFile,
  '@type': 'File',
  name: 'What became of the job',
  about: ref('./'),
  encodingFormat: 'text/markdown',
}

export const language: Entity = { '@id': '#language', '@type': 'ComputerLanguage', name: 'Reprise' }

export const licence: Entity = {
  '@id': '#licence',
  '@type': 'CreativeWork',
  name: 'Not stated',
  description: 'The job does not say under which licence its inputs and results may be used.',
}

export function profile(id: string): Entity {
  const [name = '', version = ''] = id.split('/').slice(-2)
  return { '@id': id, '@type': 'CreativeWork', name: `${name} crate`, version }
}

export function parameterId(kind: 'input' | 'output', name: string): string {
  return `#${kind}-${encodeURIComponent(name)}`
}

export function stepId(step: string): string {
  return `${pipelineFile}#${encodeURIComponent(nameInId(step))}`
}

export function stageId(stage: string): string {
  return `urn:reprise:stage:${encodeURIComponent(stage)}`
}

export function propertyValue(id: string, name: string, value: unknown): Entity {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
  return { '@id': `#${encodeURIComponent(id)}`, '@type': 'PropertyValue', name, value: text }
}

/** The profile takes a time zone as `+00:00` alone. */
export function crateTime(iso: string): string {
  return iso.replace(/Z$/, '+00:00')
}

export function statusOf(hasFailed: boolean): string {
  return `http://schema.org/${hasFailed ? 'Failed' : 'Completed'}ActionStatus`
}

const formats: Readonly<Record<string, string>> = {
  ass: 'text/x-ssa',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  mkv: 'video/x-matroska',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  png: 'image/png',
  srt: 'application/x-subrip',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  vtt: 'text/vtt',
  wav: 'audio/wav',
  webm: 'video/webm',
  xml: 'application/xml',
}

export function formatOf(path: string): string {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  return (Object.hasOwn(formats, ending) ? formats[ending] : undefined) ?? 'application/octet-stream'
}
