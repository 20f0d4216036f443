import { openStore } from '../../../store/index.ts'

/** Opens a store, writes to it, and ends as it is told: after closing it, without, or by being killed. */
const [dir = '', how = ''] = process.argv.slice(2)
const opened = await openStore({ dir })
if (!opened.ok) throw new Error(JSON.stringify(opened.error))
const store = opened.value
store.ledger.memos.set('of a process that ends', how)
store.flush()
if (how === 'kill') process.kill(process.pid, 'SIGKILL')
if (how === 'exit') process.exit()
await store.close()
