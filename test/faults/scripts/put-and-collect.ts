import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  actionKey,
  collect,
  type DirectoryStore,
  describeStoreFailure,
  openStore,
  planCollection,
  type Result,
  type StoreFailure,
  stageArtifact,
} from '../../../store/index.ts'
import { acknowledge, contentOf } from '../acknowledgement.ts'

/**
 * Commits one action with a large file, a tree and a value, or empties the store; for a test that lets one system call
 * of it fail, or kills it there. What the store acknowledges is noted in `log`. A failure is printed, and what came of
 * it when it was tried again.
 */
const [dir = '', workDir = '', log = '', what = '', content = '0'] = process.argv.slice(2)
const n = Number(content)
const opened = await openStore({ dir })
tell('', opened)
const reopened = opened.ok ? opened : await openStore({ dir })
if (reopened.ok) {
  const store = reopened.value
  const first = await work(store)
  tell('', first)
  if (!first.ok) tell('again ', await work(store))
  await store.close()
} else tell('again ', reopened)

async function put(store: DirectoryStore): Promise<Result<void, StoreFailure>> {
  mkdirSync(join(workDir, 'tree'), { recursive: true })
  writeFileSync(join(workDir, 'file'), contentOf(n, 300_000))
  writeFileSync(join(workDir, 'tree', 'large'), contentOf(n + 1, 70_000))
  writeFileSync(join(workDir, 'tree', 'small'), contentOf(n + 2, 100))
  const file = await stageArtifact(store.blobs, 'file', join(workDir, 'file'))
  if (!file.ok) return file
  const tree = await stageArtifact(store.blobs, 'tree', join(workDir, 'tree'))
  if (!tree.ok) return tree
  const json = await stageArtifact(store.blobs, 'json', { n })
  if (!json.ok) return json
  const action = { n }
  const key = actionKey(action)
  const outputs = { file: file.value.artifact, tree: tree.value.artifact, json: json.value.artifact }
  const result = { outputs, durationMs: 1, device: 'cpu', tools: {}, producedAt: '' }
  const labels = { pipeline: 'faults', step: 'one', job: workDir, files: {} }
  const staged = [file, tree, json].flatMap((one) => one.value.staged)
  const committed = await store.actions.commit({ key, action, result, labels }, staged)
  if (committed.ok) appendFileSync(log, acknowledge({ key, content: n }))
  else await store.blobs.discard(staged)
  return committed
}

async function empty(store: DirectoryStore): Promise<Result<object, StoreFailure>> {
  const plan = planCollection(store, { maxSizeBytes: 0 })
  return plan.ok ? collect(store, plan.value) : plan
}

function work(store: DirectoryStore): Promise<Result<unknown, StoreFailure>> {
  return what === 'put' ? put(store) : empty(store)
}

function tell(which: string, result: Result<unknown, StoreFailure>): void {
  const text = result.ok ? 'done' : `failed ${result.error.kind}: ${describeStoreFailure(result.error)}`
  process.stdout.write(`${which}${text}\n`)
}
