import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FolderEngine } from '../../src/executors/folder/folder-engine.ts'
import { OrdersFolder } from '../../src/executors/folder/orders-folder.ts'
import { orderOf } from '../conformance/engine.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

it('an answer cannot name a worker whose files are outside of the folder', async () => {
  const dir = temporaryDirectory()
  const order = orderOf('a')
  const folder = new OrdersFolder(join(dir, 'orders'), order.pool)
  folder.prepare()
  // `a...a@x` has to be a directory for the path to lead on.
  mkdirSync(join(folder.dir, 'reports', `${order.id}@x`))
  writeFileSync(join(dir, 'notes.jsonl'), 'mine')
  const answer = { kind: 'crashed', message: 'it ended' }
  writeFileSync(folder.ended(order.id), JSON.stringify({ worker: 'x', taker: 'x/../../../../notes', answer }))
  const end = await new FolderEngine(join(dir, 'orders')).perform(order, () => {}, new AbortController().signal)
  expect(end).toEqual({ kind: 'answered', answer, worker: 'x' })
  expect(existsSync(join(dir, 'notes.jsonl'))).toBe(true)
})
