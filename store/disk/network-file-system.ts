import { readFileSync, statfsSync, statSync } from 'node:fs'
import { valueOr } from './io-failure.ts'

/** File systems whose memory maps other machines do not see, by magic number. Source: statfs(2), linux/magic.h. */
const byMagic: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
])

/** All file systems in user space (FUSE) share one magic number; these are network file systems. */
const fuse = 0x65735546
const overFuse = new Set([
  'blobfuse',
  'blobfuse2',
  'ceph',
  'ceph-fuse',
  'curlftpfs',
  'davfs',
  'gcsfuse',
  'geesefs',
  'glusterfs',
  'goofys',
  'juicefs',
  'mfs',
  'mount-s3',
  'rclone',
  's3fs',
  'seaweedfs',
  'smbnetfs',
  'sshfs',
])

/** Returns the name of the network file system of a path, or undefined for a local one; throws system errors. */
export function networkFileSystemOf(path: string): string | undefined {
  // The kernel's number is signed where a long has 32 bits.
  const type = statfsSync(path).type >>> 0
  if (type !== fuse) return byMagic.get(type)
  const mounts = valueOr('', () => readFileSync('/proc/self/mountinfo', 'utf8'))
  return networkMountOf(mounts, statSync(path, { bigint: true }).dev)
}

/** Returns the name of a device's network file system in user space, by the lines of `/proc/self/mountinfo`. */
export function networkMountOf(mounts: string, device: bigint): string | undefined {
  // Source: makedev(3) of glibc.
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)
  const minor = (device & 0xffn) | ((device >> 12n) & 0xfff_ff00n)
  for (const line of mounts.split('\n')) {
    const [, , number] = line.split(' ')
    const [, name] = / - fuse\.(\S+) /.exec(line) ?? []
    if (number === `${major}:${minor}` && name !== undefined && overFuse.has(name)) return name
  }
  return undefined
}
