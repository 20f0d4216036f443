import type { ProvenanceFile } from '../../core/index.ts'
import { type Entity, formatOf, parameterId, ref } from './crate-entities.ts'

/** The files and directories of which a crate tells. */
export class CrateFiles {
  readonly #byId = new Map<string, Entity>()

  entities(): Iterable<Entity> {
    return this.#byId.values()
  }

  /** Notes a file, and returns its id: its path in the crate, or its digest where it lies elsewhere. */
  id(file: ProvenanceFile): string {
    const { digest, path, isDirectory, sizeBytes, name, fileName = name } = file
    const hash = digest.replace(/^b3:/, '')
    const id =
      path === undefined
        ? `#b3-${hash}`
        : `${path.split('/').map(encodeURIComponent).join('/')}${isDirectory ? '/' : ''}`
    const before = this.#byId.get(id)
    const size = isDirectory ? undefined : (sizeBytes ?? before?.contentSize)
    this.#byId.set(id, {
      '@id': id,
      // What is not in the crate is no data entity of it.
      '@type': path === undefined ? 'CreativeWork' : isDirectory ? 'Dataset' : 'File',
      name: path ?? fileName,
      identifier: `urn:blake3:${hash}`,
      ...(size === undefined ? {} : { contentSize: String(size) }),
      ...(isDirectory ? {} : { encodingFormat: formatOf(path ?? fileName) }),
      ...(before?.exampleOfWork === undefined ? {} : { exampleOfWork: before.exampleOfWork }),
    })
    return id
  }

  /** Notes which input or output of the pipeline a file is. */
  example(kind: 'input' | 'output', file: ProvenanceFile): string {
    const id = this.id(file)
    const entity = this.#byId.get(id)
    if (entity !== undefined) this.#byId.set(id, { ...entity, exampleOfWork: ref(parameterId(kind, file.name)) })
    return id
  }
}
