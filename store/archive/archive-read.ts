import type { ActionRecord } from '../contract/action-cache.ts'
import { parseActionRecord } from '../contract/action-record.ts'
import { Blake3Hasher } from '../contract/blake3.ts'
import { isKeyOf } from '../contract/canonical-json.ts'
import { type Digest, digestBytes } from '../contract/digest.ts'
import { guardedParse, isObject } from '../contract/json-guards.ts'
import { type NeededBlob, neededBlobs } from '../contract/needed-blobs.ts'
import { parseTreeListing, pathProblem, type TreeEntry } from '../contract/tree.ts'
import { refuse } from './archive-failure.ts'
import {
  aboutBytesMax,
  archiveFormat,
  archiveVersion,
  listingBytesMax,
  parseName,
  recordBytesMax,
  sumsLine,
} from './archive-layout.ts'
import { blockBytes, paddingBytes, parseTarHeader, type TarMember, tarEnd } from './archive-tar.ts'
import type { FileWindow } from './archive-window.ts'

export interface Extent {
  readonly offset: number
  readonly sizeBytes: number
}

export interface CheckedArchive {
  readonly blobs: ReadonlyMap<string, Extent>
  readonly actions: ReadonlyMap<string, Extent>
}

const notAnArchive = "it is not an archive that 'reprise cache export' wrote"

interface Options {
  readonly onBytes: (bytes: number) => void
}

/** Checks a whole archive and returns its members; refuses it when a byte is wrong. */
export async function checkArchive(window: FileWindow, { onBytes }: Options): Promise<CheckedArchive> {
  const blobs = new Map<string, Extent>()
  const actions = new Map<string, Extent>()
  const sums = new Blake3Hasher()
  let sumsBytes = 0
  let members = 0
  for (let position = 0; ; members++) {
    const member = await readHeader(window, position)
    const extent = { offset: position + blockBytes, sizeBytes: member.sizeBytes }
    position = extent.offset + member.sizeBytes + paddingBytes(member.sizeBytes)
    if (position > window.sizeBytes) refuse(`'${member.name}' is cut off`)
    const name = parseName(member.name) ?? refuse(`it contains an unexpected file ${JSON.stringify(member.name)}`)
    if ((name.kind === 'about') !== (members === 0)) refuse('it does not start with its description')
    const hash = await hashExtent(window, extent, onBytes)
    if (name.kind === 'sums') {
      if (member.sizeBytes !== sumsBytes || hash !== sums.digest('hex'))
        refuse('its checksums do not match its contents')
      await readEnd(window, position)
      break
    }
    const line = Buffer.from(sumsLine(member.name, hash))
    sums.update(line)
    sumsBytes += line.byteLength
    switch (name.kind) {
      case 'about':
        await readAbout(window, extent)
        break
      case 'blob':
        if (hash !== name.hash) refuse(`the blob ${name.hash} is damaged`)
        addOnce(blobs, name.hash, extent)
        break
      case 'action':
        addOnce(actions, name.key, extent)
        break
      default:
        name satisfies never
    }
  }
  const archive = { blobs, actions }
  for (const key of actions.keys()) await readAction(window, archive, key)
  return archive
}

async function readHeader(window: FileWindow, position: number): Promise<TarMember> {
  const block = (await window.exactly(position, blockBytes)) ?? refuse(position === 0 ? notAnArchive : 'it is cut off')
  return parseTarHeader(block) ?? refuse(position === 0 ? notAnArchive : 'it has an invalid header')
}

/** Returns the hash of a member, and checks the zeros after it. */
async function hashExtent(window: FileWindow, extent: Extent, onBytes: (bytes: number) => void): Promise<string> {
  const hasher = new Blake3Hasher()
  for await (const piece of piecesOf(window, extent)) {
    hasher.update(piece)
    onBytes(piece.byteLength)
  }
  const padding = await window.exactly(extent.offset + extent.sizeBytes, paddingBytes(extent.sizeBytes))
  if (padding?.every((byte) => byte === 0) !== true) refuse('it has data between its members')
  return hasher.digest('hex')
}

/** Yields the content of a member piece by piece; the next piece overwrites the memory of the last. */
export async function* piecesOf(window: FileWindow, { offset, sizeBytes }: Extent): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < sizeBytes; ) {
    const piece = await window.some(offset + done, sizeBytes - done)
    if (piece.byteLength === 0) refuse('it is cut off')
    yield piece
    done += piece.byteLength
  }
}

async function readEnd(window: FileWindow, position: number): Promise<void> {
  const end = await window.exactly(position, tarEnd.byteLength)
  if (end === undefined || !tarEnd.equals(end)) refuse('its end is missing')
  if (position + tarEnd.byteLength !== window.sizeBytes) refuse('it has data after its end')
}

async function readAbout(window: FileWindow, extent: Extent): Promise<void> {
  const about = guardedParse(await textOf(window, extent, aboutBytesMax))
  if (!isObject(about) || about.format !== archiveFormat) refuse(notAnArchive)
  if (about.version === archiveVersion) return
  refuse(
    `its version is ${JSON.stringify(about.version)}, but this version of reprise reads ${archiveVersion}; update reprise`,
  )
}

async function textOf(window: FileWindow, extent: Extent, bytesMax: number): Promise<string> {
  if (extent.sizeBytes > bytesMax)
    refuse(`it has a member of ${extent.sizeBytes} bytes, which may have at most ${bytesMax}`)
  const bytes = (await window.exactly(extent.offset, extent.sizeBytes)) ?? refuse('it is cut off')
  return Buffer.from(bytes).toString('utf8')
}

function addOnce(extents: Map<string, Extent>, name: string, extent: Extent): void {
  if (extents.has(name)) refuse(`it contains ${name} twice`)
  extents.set(name, extent)
}

/** An action of an archive with every blob that it needs. */
export interface ArchivedAction {
  readonly record: ActionRecord
  readonly blobs: readonly NeededBlob[]
}

/** Returns an action, after checking its key and that the archive has all its blobs. */
export async function readAction(window: FileWindow, archive: CheckedArchive, key: string): Promise<ArchivedAction> {
  const extent = archive.actions.get(key) ?? refuse(`the action ${key} is missing`)
  const record = parseActionRecord(guardedParse(await textOf(window, extent, recordBytesMax)))
  if (record?.key !== key || !isKeyOf(key, record.action)) refuse(`the record of the action ${key} is invalid`)
  for (const file of Object.values(record.labels.files)) {
    const problem = pathProblem(file.replace(/\/$/, ''))
    if (problem !== undefined) refuse(`the action ${key} names a file ${JSON.stringify(file)}, which ${problem}`)
  }
  const listings = new Map<string, readonly TreeEntry[]>()
  for (const { kind, digest, sizeBytes } of Object.values(record.result.outputs)) {
    if (kind === 'tree') listings.set(digest.hash, await readTree(window, archive, digest))
    else if (digest.sizeBytes !== sizeBytes) refuse(`the record of the action ${key} is invalid`)
  }
  const { blobs } = neededBlobs(record, ({ hash }) => listings.get(hash))
  for (const { digest } of blobs) extentOf(archive, digest)
  return { record, blobs }
}

async function readTree(window: FileWindow, archive: CheckedArchive, digest: Digest): Promise<readonly TreeEntry[]> {
  const text = await textOf(window, extentOf(archive, digest), listingBytesMax)
  // Read again after it was checked: the file may have been changed since.
  if (digestBytes(Buffer.from(text)).hash !== digest.hash)
    refuse(`the blob ${digest.hash} is not a valid listing of a tree`)
  return parseTreeListing(text) ?? refuse(`the blob ${digest.hash} is not a valid listing of a tree`)
}

/** Returns the position of a blob; refuses an archive without it. */
export function extentOf({ blobs }: CheckedArchive, { hash, sizeBytes }: Digest): Extent {
  const extent = blobs.get(hash)
  return extent?.sizeBytes === sizeBytes
    ? extent
    : refuse(`the blob ${hash}, which one of its actions needs, is missing`)
}
