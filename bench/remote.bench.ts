import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DirectoryStore, RemoteCache } from '../store/index.ts'
import { type Bench, type BenchContext, compare, ours } from './bench.ts'
import type { Comparison, Contender } from './measure.ts'
import { runProgram } from './peers.ts'

const services = resolve('scripts/services.sh')
const keys = { AWS_ACCESS_KEY_ID: 'testkey', AWS_SECRET_ACCESS_KEY: 'testsecret' }

function must<Value>(
  result: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown },
): Value {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** A bucket of a real server, and rclone beside ours. */
interface Bucket {
  readonly rclone: string
  readonly env: Readonly<Record<string, string>>
  open(prefix: string): Promise<RemoteCache>
}

async function startBucket({ dir, built }: BenchContext): Promise<Bucket> {
  const port = execFileSync(services, ['start', 'seaweedfs', join(dir, 'seaweedfs')], { encoding: 'utf8' }).trim()
  const endpoint = `http://127.0.0.1:${port}`
  const rclone = execFileSync(services, ['path', 'rclone'], { encoding: 'utf8' }).trim()
  const env = {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_W_TYPE: 's3',
    RCLONE_CONFIG_W_PROVIDER: 'SeaweedFS',
    RCLONE_CONFIG_W_ENDPOINT: endpoint,
    RCLONE_CONFIG_W_ACCESS_KEY_ID: keys.AWS_ACCESS_KEY_ID,
    RCLONE_CONFIG_W_SECRET_ACCESS_KEY: keys.AWS_SECRET_ACCESS_KEY,
  }
  const probe = join(dir, 'probe')
  writeFileSync(probe, 'x')
  for (let left = 100; ; left--) {
    // It listens before it can store anything.
    try {
      await runProgram(rclone, ['mkdir', 'w:cache'], { env })
      await runProgram(rclone, ['copyto', '--retries', '1', probe, 'w:cache/probe'], { env })
      break
    } catch (error) {
      if (left === 0) throw error
    }
  }
  const open = async (prefix: string) =>
    must(
      await built.store.openRemote(
        { url: `s3://cache/${prefix}`, endpoint, trust: 'anyone' },
        { cwd: dir, env: { ...keys, HOME: dir } },
      ),
    )
  return { rclone, env, open }
}

/** Commits a result with these outputs, and returns its key. */
async function commit(
  store: DirectoryStore,
  { built }: BenchContext,
  kind: 'file' | 'tree',
  path: string,
): Promise<string> {
  const { artifact, staged } = must(await built.store.stageArtifact(store.blobs, kind, path))
  const action = { bench: kind }
  const key = built.store.actionKey(action)
  const result = {
    outputs: { out: artifact },
    durationMs: 1e9,
    device: 'cpu',
    tools: {},
    producedAt: '2026-01-01T00:00:00Z',
  }
  const labels = { pipeline: 'bench', step: kind, job: 'bench', files: {} }
  must(await store.actions.commit({ key, action, result, labels }, staged))
  return key
}

async function run(context: BenchContext): Promise<Comparison[]> {
  const { dir, quick, built } = context
  const largeBytes = (quick ? 128 : 1024) * 1024 * 1024
  const count = quick ? 2000 : 10_000
  const [large, small] = [join(dir, 'large'), join(dir, 'small')]
  writeFileSync(large, '')
  for (let done = 0; done < largeBytes; done += 64 << 20) writeFileSync(large, randomBytes(64 << 20), { flag: 'a' })
  mkdirSync(small)
  for (let n = 0; n < count; n++) writeFileSync(join(small, String(n)), randomBytes(4096))
  const bucket = await startBucket(context)
  const store = must(await built.store.openStore({ dir: join(dir, 'store') }))
  try {
    const file = await commit(store, context, 'file', large)
    const tree = await commit(store, context, 'tree', small)
    return [
      ...(await both(context, bucket, store, {
        key: file,
        path: large,
        what: `${largeBytes >> 20} MiB`,
        bytes: largeBytes,
      })),
      ...(await both(context, bucket, store, {
        key: tree,
        path: small,
        what: `${count} files of 4 KiB`,
        bytes: count * 4096,
      })),
    ]
  } finally {
    await store.close()
    execFileSync(services, ['stop', join(dir, 'seaweedfs')])
  }
}

interface Load {
  readonly key: string
  readonly path: string
  readonly what: string
  readonly bytes: number
}

/** Sends a result and fetches it into an empty store, which checks every byte; rclone copies, and checks what it sends. */
async function both(
  context: BenchContext,
  { rclone, env, open }: Bucket,
  store: DirectoryStore,
  { key, path, what, bytes }: Load,
): Promise<Comparison[]> {
  const { built, dir, measure } = context
  const isFile = bytes >= 64 << 20
  const copy = isFile
    ? ['copyto', '--s3-upload-concurrency', '4', '--s3-chunk-size', '16M']
    : ['copy', '--transfers', '32']
  let round = 0
  const sending: Contender[] = [
    {
      name: ours,
      run: async () => void must(await built.store.pushToRemote(store, await open(`${key}/${round++}`), [key])),
    },
    { name: 'rclone', run: () => runProgram(rclone, [...copy, path, `w:cache/rclone/${key}/${round++}`], { env }) },
  ]
  must(await built.store.pushToRemote(store, await open(key), [key]))
  await runProgram(rclone, [...copy, path, `w:cache/rclone/${key}/get`], { env })
  const target = join(dir, 'fetched')
  const clear = () => rmSync(target, { recursive: true, force: true })
  const fetching: Contender[] = [
    {
      name: ours,
      before: clear,
      run: async () => {
        const other = must(await built.store.openStore({ dir: target }))
        const { results } = must(await built.store.pullFromRemote(other, await open(key), [key]))
        await other.close()
        if (results !== 1) throw new Error('nothing was fetched')
      },
    },
    {
      name: 'rclone',
      before: clear,
      run: () => runProgram(rclone, [...copy, `w:cache/rclone/${key}/get`, target], { env }),
    },
  ]
  const goals = isFile ? { put: 1, get: 2 } : { put: 0.2, get: 0.5 }
  const aimed = (atMost: number) => ({ rclone: { kind: 'time', atMost, slack: 'none' } as const })
  return [
    ...(await compare(
      { work: `Send ${what} to SeaweedFS`, contenders: sending, targets: aimed(goals.put), bytes },
      measure,
    )),
    ...(await compare(
      { work: `Fetch ${what}, checked`, contenders: fetching, targets: aimed(goals.get), bytes },
      measure,
    )),
  ]
}

/** A team's cache in a bucket, against rclone. */
export const remoteBench: Bench = { name: 'remote', title: "A team's cache", run }
