import { openStore } from '../../../store/index.ts'

/** Takes the lease that is named, says so, and holds it until it is killed. */
const [dir = '', name = ''] = process.argv.slice(2)
const opened = await openStore({ dir })
if (!opened.ok) throw new Error(opened.error.kind)
await opened.value.leases.acquire(name, 'held by a test')
process.stdout.write('held\n')
setInterval(() => {}, 60_000)
