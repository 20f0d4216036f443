import { actionKey, openStore, stageArtifact } from '../../../store/index.ts'

/** Commits actions `0` to `count`, whose outputs depend on their number alone, and says each number when it is done. */
const [dir = '', count = '0'] = process.argv.slice(2)
const opened = await openStore({ dir })
if (!opened.ok) throw new Error(opened.error.kind)
const store = opened.value
for (let n = 0; n < Number(count); n++) {
  const action = { n }
  const small = await stageArtifact(store.blobs, 'json', { small: n })
  const large = await stageArtifact(store.blobs, 'json', { large: String(n).repeat(50_000) })
  if (!small.ok || !large.ok) throw new Error('cannot stage')
  const committed = await store.actions.commit(
    {
      key: actionKey(action),
      action,
      result: {
        outputs: { small: small.value.artifact, large: large.value.artifact },
        durationMs: 1,
        device: 'cpu',
        tools: {},
        producedAt: new Date().toISOString(),
      },
      labels: { pipeline: 'p', step: 's', job: '/j', files: {} },
    },
    [...small.value.staged, ...large.value.staged],
  )
  if (!committed.ok) throw new Error(committed.error.kind)
  process.stdout.write(`${n}\n`)
}
await store.close()
