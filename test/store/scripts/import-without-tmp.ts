import { importArchive, openStore } from '../../../store/index.ts'

/** Imports an archive into a store whose `tmp/` cannot be made, and prints what that ended with. */
const [dir = '', file = '', tmp = ''] = process.argv.slice(2)
const opened = await openStore({ dir })
if (!opened.ok) throw new Error(opened.error.kind)
const store = opened.value
const { context } = store
const without = { ...store, context: { ...context, layout: { ...context.layout, tmp } } }
process.stdout.write(`${JSON.stringify(await importArchive(without, file))}\n`)
await store.close()
