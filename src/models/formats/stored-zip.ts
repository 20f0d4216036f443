const endSignature = 0x06054b50
const endBytes = 22
const entrySignature = 0x02014b50
const entryBytes = 46
const localBytes = 30

/** Returns the files of a zip archive whose files are stored without compression, by their paths. */
export function readStoredZip(archive: Buffer): ReadonlyMap<string, Buffer> {
  let end = archive.length - endBytes
  while (end >= 0 && archive.readUInt32LE(end) !== endSignature) end -= 1
  if (end < 0) throw new TypeError('it is not a zip archive')
  const files = new Map<string, Buffer>()
  let at = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new TypeError('its directory of files is damaged')
    const [method, bytes] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 24)]
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => archive.readUInt16LE(at + place))
    const name = archive.toString('utf8', at + entryBytes, at + entryBytes + (nameBytes ?? 0))
    if (method !== 0) throw new TypeError(`${name} is compressed`)
    const local = archive.readUInt32LE(at + 42)
    const from = local + localBytes + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
    files.set(name, archive.subarray(from, from + bytes))
    at += entryBytes + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0)
  }
  return files
}
