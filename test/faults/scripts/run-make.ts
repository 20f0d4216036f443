import { runPipeline } from '../../../src/engine/index.ts'
import { openStore } from '../../../store/index.ts'
import { sharedPipeline } from '../shared-pipeline.ts'

/** Runs steps of the shared pipeline. Arguments: the job directory, the store, the number of its content, the last step. */
const [jobDir = '', storeDir = '', content = '', to = 'make'] = process.argv.slice(2)
const store = await openStore({ dir: storeDir })
if (!store.ok) throw new Error(`the store cannot be opened: ${store.error.kind}`)
const { status } = await runPipeline({
  pipeline: sharedPipeline,
  inputs: {},
  params: { content: Number(content) },
  selection: { to },
  device: 'cpu',
  jobDir,
  store: store.value,
})
await store.value.close()
if (status !== 'completed') process.exitCode = 1
