import { artifactIsAt, openStore } from '../../../store/index.ts'

/** Prints whether a tree, named by its hash, size and the size of its listing, is at a path. */
const [dir = '', path = '', hash = '', listingBytes = '', treeBytes = ''] = process.argv.slice(2)
const opened = await openStore({ dir })
if (!opened.ok) throw new Error(opened.error.kind)
const digest = { hash, sizeBytes: Number(listingBytes) }
const artifact = { kind: 'tree', digest, sizeBytes: Number(treeBytes) } as const
process.stdout.write(`${await artifactIsAt(opened.value, artifact, path)}\n`)
await opened.value.close()
