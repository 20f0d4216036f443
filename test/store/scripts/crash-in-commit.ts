import { commitStaged } from '../../../store/blobs/commit.ts'
import { openStore } from '../../../store/index.ts'

/** Stages a file and dies in the commit, after its blob was renamed to its place and before the transaction ends. */
const [dir = '', path = ''] = process.argv.slice(2)
const opened = await openStore({ dir })
if (!opened.ok) throw new Error(opened.error.kind)
const staged = await opened.value.blobs.stageFile(path)
if (!staged.ok) throw new Error(staged.error.kind)
commitStaged(opened.value.context, [staged.value], () => {
  process.kill(process.pid, 'SIGKILL')
})
