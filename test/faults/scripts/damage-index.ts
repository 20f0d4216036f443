import { closeSync, copyFileSync, openSync, readFileSync, readSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  actionKey,
  type DirectoryStore,
  describeStoreFailure,
  openStore,
  type Result,
  type StoreFailure,
  stageArtifact,
  verifyStore,
} from '../../../store/index.ts'
import { contentOf } from '../acknowledgement.ts'
import { seededRandom } from '../random.ts'

/**
 * Fills a store, and then again and again damages the file of its index, opens it, and looks whether anything wrong
 * comes out. Says what each trial does before it is done, so that a crash can be told from its last line.
 */
const [dir = '', trials = '0', seed = '1'] = process.argv.slice(2)
const actions = 60
const data = join(dir, 'index', 'data.mdb')
const sound = join(dir, '..', 'sound.mdb')
const random = seededRandom(Number(seed))

const totals = { trials: 0, rebuilt: 0, hits: 0, misses: 0, wrong: 0 }

/** What comes behind this in the file is only room. */
let usedBytes = 0

await fill()
copyFileSync(data, sound)
for (let trial = 0; trial < Number(trials); trial++) {
  copyFileSync(sound, data)
  const damage = spoil()
  process.stdout.write(`${trial}: ${damage}\n`)
  await examine()
}
process.stdout.write(`${JSON.stringify(totals)}\n`)

async function fill(): Promise<void> {
  const store = must(await openStore({ dir }))
  for (let n = 0; n < actions; n++) await commit(store, n)
  must(await store.actions.remove([actionKey({ n: 0 }), actionKey({ n: 1 })], 'a test'))
  must(store.flush())
  usedBytes = store.context.db.size().fileBytes
  await store.close()
}

async function commit(store: DirectoryStore, n: number): Promise<void> {
  const bytes = contentOf(n, sizeOf(n))
  const blob = store.blobs.stageBytes(bytes)
  const out = { kind: 'file', digest: blob.digest, sizeBytes: bytes.length } as const
  const json = must(await stageArtifact(store.blobs, 'json', { n }))
  const result = { outputs: { out, json: json.artifact }, durationMs: 1, device: 'cpu', tools: {}, producedAt: '' }
  const labels = { pipeline: 'p', step: 's', job: '/j', files: {} }
  const action = { n }
  must(await store.actions.commit({ key: actionKey(action), action, result, labels }, [blob, ...json.staged]))
  store.ledger.jobs.remember(`/jobs/${n}`, 'p', new Map([['s', { key: actionKey(action), action }]]))
}

function sizeOf(n: number): number {
  return [100, 3000, 20_000, 50_000][n % 4] ?? 100
}

/** Damages the file and says how. */
function spoil(): string {
  const size = usedBytes
  const pages = size / 4096
  const page = Math.floor(random() * pages) * 4096
  const kinds: readonly (() => string)[] = [
    () => `flip ${write(Math.floor(random() * size), 1, (byte) => byte ^ (1 << Math.floor(random() * 8)))}`,
    () => `flip in a header ${write(page + Math.floor(random() * 40), 1, (byte) => byte ^ 0xff)}`,
    () =>
      `flip in a meta page ${write(Math.floor(random() * 2) * 4096 + Math.floor(random() * 170), 1, (byte) => byte ^ 0x55)}`,
    () => `zero a page ${write(page, 4096, () => 0)}`,
    () => `noise in a page ${write(page, 4096, () => Math.floor(random() * 256))}`,
    () => `zero a run ${write(page, Math.min(65_536, size - page), () => 0)}`,
    () => `noise in pointers ${write(page + 24, 60, () => Math.floor(random() * 256))}`,
    () => copyPage(page, Math.floor(random() * pages) * 4096),
    () => cut(Math.floor(random() * size)),
    () => cut(page),
    () => cut(0),
  ]
  return (kinds[Math.floor(random() * kinds.length)] ?? (() => 'nothing'))()
}

function write(position: number, length: number, change: (byte: number) => number): string {
  const fd = openSync(data, 'r+')
  const bytes = Buffer.alloc(length)
  readSync(fd, bytes, 0, length, position)
  writeSync(fd, bytes.map(change), 0, length, position)
  closeSync(fd)
  return `${position}+${length}`
}

function copyPage(from: number, to: number): string {
  const page = readFileSync(data).subarray(from, from + 4096)
  write(to, page.length, () => 0)
  const fd = openSync(data, 'r+')
  writeSync(fd, page, 0, page.length, to)
  closeSync(fd)
  return `copy page ${from} to ${to}`
}

function cut(size: number): string {
  truncateSync(data, size)
  return `cut to ${size}`
}

async function examine(): Promise<void> {
  const store = must(await openStore({ dir }))
  totals.trials += 1
  if (store.repaired !== undefined) totals.rebuilt += 1
  for (let n = 0; n < actions; n++) {
    const found = await store.lookup(actionKey({ n }))
    if (found.kind !== 'hit') totals.misses += 1
    else if (await isRight(store, n, found.record.result.outputs)) totals.hits += 1
    store.ledger.jobs.lastAction(`/jobs/${n}`, 'p', 's')
  }
  for (const n of [2, actions]) {
    await commit(store, n)
    const found = await store.lookup(actionKey({ n }))
    if (found.kind !== 'hit') throw new Error(`what was committed is ${found.kind}`)
  }
  must(await verifyStore(store, { repair: true, resume: false }))
  must(store.flush())
  await store.close()
}

type Outputs = Extract<Awaited<ReturnType<DirectoryStore['lookup']>>, { kind: 'hit' }>['record']['result']['outputs']

/** A hit whose blob turns out damaged is not one; one with other bytes than were committed is what must never be. */
async function isRight(store: DirectoryStore, n: number, { out, json }: Outputs): Promise<boolean> {
  if (out === undefined || json === undefined) return false
  const bytes = await store.read(out.digest)
  const value = await store.read(json.digest)
  if (!bytes.ok || !value.ok) return false
  const right = contentOf(n, sizeOf(n)).equals(bytes.value) && Buffer.from(value.value).toString() === `{"n":${n}}`
  if (!right) totals.wrong += 1
  return right
}

function must<T>(result: Result<T, StoreFailure>): T {
  if (!result.ok) throw new Error(describeStoreFailure(result.error))
  return result.value
}
