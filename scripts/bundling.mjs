import crypto from 'node:crypto'
import fsPromises from 'node:fs/promises'
import readline from 'node:readline'
import timersPromises from 'node:timers/promises'

/**
 * What stays outside the bundles: what is large and needed by few runs, and what must be the user's own.
 * Everything else is inlined, because a run with nothing to do is mostly start-up.
 */
const drawing = ['@resvg/resvg-js', 'fontkit', 'lowlight']
const documents = [
  'mammoth',
  'yaml',
  'mdast-util-from-markdown',
  'mdast-util-frontmatter',
  'mdast-util-gfm',
  'micromark-extension-frontmatter',
  'micromark-extension-gfm',
]
const rpc = ['@grpc/grpc-js', '@grpc/proto-loader']
export const outside = ['jiti', '@opentelemetry/api', 'bullmq', 'ioredis', ...rpc, ...drawing, ...documents]

/** Node loads its API of promises, and all that this needs, when it is asked for; a hit calls nothing of it. */
function promisesWhenCalled(module, names) {
  const functions = names.filter((name) => !['constants', 'scheduler'].includes(name))
  return [
    `import whole from 'node:${module}'`,
    ...functions.map((name) => `export const ${name} = (...args) => whole.promises.${name}(...args)`),
  ].join('\n')
}

/** Node loads cryptography and its reader of lines, and all that these need, when a function of theirs is called. */
function functionsWhenCalled(name, module) {
  return Object.entries(Object.getOwnPropertyDescriptors(module))
    .filter(([key, { value }]) => typeof value === 'function' && /^[a-z]/.test(key))
    .map(([key]) => `export const ${key} = (...args) => process.getBuiltinModule('node:${name}').${key}(...args)`)
    .join('\n')
}

/**
 * What stands in the bundles for what would take long to load. lmdb-js looks for its native part in several packages and
 * the program's own headers, and it loads an encoder of objects, which a store of bytes has no use for; BLAKE3 looks for
 * its own beside itself, and at the system.
 */
const insteadOf = {
  './open-lmdb.ts': "export { open as openLmdb, nativeAddon as nativePart } from 'lmdb'",
  'node-gyp-build-optional-packages': `
import { createRequire } from 'node:module'
const here = createRequire(import.meta.url)
const { platform, arch, versions } = process
export default function load() {
  try {
    return here(\`@lmdb/lmdb-\${platform}-\${arch}/node.abi\${versions.modules}.glibc.node\`)
  } catch {
    const lmdb = here.resolve('lmdb')
    return createRequire(lmdb)('node-gyp-build-optional-packages')(lmdb.replace(/dist[^/\\\\]*[/\\\\][^/\\\\]*$/, ''))
  }
}`,
  '@napi-rs/blake-hash': `
import { createRequire } from 'node:module'
const here = createRequire(import.meta.url)
const { platform, arch } = process
function load() {
  try {
    return here(\`@napi-rs/blake-hash-\${platform}-\${arch}\${platform === 'linux' ? '-gnu' : ''}\`)
  } catch {
    return here('@napi-rs/blake-hash')
  }
}
export const { Blake3Hasher, blake3UrlSafeBase64 } = load()`,
  'node:fs/promises': promisesWhenCalled('fs', Object.keys(fsPromises)),
  'node:crypto': functionsWhenCalled('crypto', crypto),
  'node:readline': functionsWhenCalled('readline', readline),
  'node:timers/promises': promisesWhenCalled('timers', Object.keys(timersPromises)),
  msgpackr: `
export class Encoder {
  constructor() {
    throw new TypeError('only bytes are kept in this index')
  }
}`,
}
const mark = '\0instead-of:'
/** Puts it there, as a plugin of Rolldown or Vite. */
export const leanNatives = {
  name: 'lean-natives',
  resolveId: (id) => (Object.hasOwn(insteadOf, id) ? mark + id : undefined),
  load: (id) => (id.startsWith(mark) ? insteadOf[id.slice(mark.length)] : undefined),
}
