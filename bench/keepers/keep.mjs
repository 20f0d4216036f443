// What a user would write on the store's API to keep a file or a directory under its name:
//   node keep.mjs STORE-MODULE STORE KIND PATH take-in|status
//   node keep.mjs STORE-MODULE STORE KIND PATH put-back [auto|hardlink]
import { basename, dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

const [module, dir, kind, path, task, link] = process.argv.slice(2)
const { actionKey, artifactIsAt, materializeArtifact, openStore, stageArtifact } = await import(
  pathToFileURL(module).href
)
const name = basename(path)
const action = { keep: name }
const key = actionKey(action)
const store = valueIn(await openStore({ dir }))
try {
  const found = await store.lookup(key)
  const artifact = found.kind === 'hit' ? found.record.result.outputs.data : undefined
  if (task === 'put-back') await putBack(artifact)
  else if (artifact !== undefined && (await artifactIsAt(store, artifact, path))) process.exitCode = 0
  else if (task === 'take-in') await takeIn()
  else process.exitCode = 1
} finally {
  await store.close()
}

/** Commits the bytes together with the name under which they are found, and remembers the files by their stat. */
async function takeIn() {
  const { artifact, staged, files } = valueIn(await stageArtifact(store.blobs, kind, path))
  const result = {
    outputs: { data: artifact },
    durationMs: 0,
    device: 'cpu',
    tools: {},
    producedAt: new Date().toJSON(),
  }
  const labels = { pipeline: 'keep', step: name, job: dirname(path), files: { data: name } }
  valueIn(await store.actions.commit({ key, action, result, labels }, staged))
  for (const { path: file, digest, from } of files) store.ledger.fileDigests.remember(file, digest, from)
}

async function putBack(artifact) {
  if (artifact === undefined) throw new Error(`${name} is not in the store`)
  valueIn(await materializeArtifact(store, artifact, path, { link }))
}

function valueIn(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
