import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  actionKey,
  collect,
  openStore,
  planCollection,
  type StagedArtifact,
  stageArtifact,
} from '../../../store/index.ts'
import { acknowledge, contentOf } from '../acknowledgement.ts'

/**
 * Commits one action after the other until it is killed, and notes each in a log of its own as soon as the store has
 * acknowledged it. Contents repeat, also between writers, so that blobs are shared. Every tenth action it collects.
 */
const [dir = '', work = '', log = '', writer = ''] = process.argv.slice(2)
const opened = await openStore({ dir })
if (!opened.ok) throw new Error(`the store does not open: ${opened.error.kind}`)
const store = opened.value
mkdirSync(work, { recursive: true })
process.stdout.write('open\n')

for (let n = 0; ; n++) {
  const action = { writer, n, at: process.pid }
  const content = Math.floor(Math.random() * 8)
  const outputs = [await stageFile(content), await stageTree(content), await stageValue(n)]
  const [file, tree, json] = outputs.map(({ artifact }) => artifact)
  if (file === undefined || tree === undefined || json === undefined) throw new Error('three outputs were staged')
  const result = { outputs: { file, tree, json }, durationMs: n, device: 'cpu', tools: {}, producedAt: '' }
  const labels = { pipeline: 'faults', step: writer, job: work, files: {} }
  const key = actionKey(action)
  const staged = outputs.flatMap((output) => output.staged)
  const committed = await store.actions.commit({ key, action, result, labels }, staged)
  // Another writer's collection may have removed a blob that was there when it was staged: staged again next time.
  if (!committed.ok && committed.error.kind !== 'blob-missing') throw new Error(committed.error.kind)
  if (committed.ok) {
    appendFileSync(log, acknowledge({ key, content }))
    process.stdout.write(`${n}\n`)
  }
  if (n % 10 === 9) {
    const plan = planCollection(store)
    const collected = plan.ok ? await collect(store, plan.value) : plan
    if (!collected.ok) throw new Error(collected.error.kind)
  }
}

async function stageFile(content: number): Promise<StagedArtifact> {
  const path = join(work, 'file')
  writeFileSync(path, contentOf(content, 60_000 + content * 20_000))
  return unwrap(await stageArtifact(store.blobs, 'file', path))
}

async function stageTree(content: number): Promise<StagedArtifact> {
  const root = join(work, 'tree')
  rmSync(root, { recursive: true, force: true })
  mkdirSync(join(root, 'sub'), { recursive: true })
  writeFileSync(join(root, 'sub', 'small'), contentOf(content + 1, 100))
  writeFileSync(join(root, 'large'), contentOf(content + 2, 50_000))
  return unwrap(await stageArtifact(store.blobs, 'tree', root))
}

async function stageValue(n: number): Promise<StagedArtifact> {
  return unwrap(await stageArtifact(store.blobs, 'json', { writer, n }))
}

function unwrap<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: object },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
