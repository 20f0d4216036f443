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
  const end = new FolderEngine(join(dir, 'orders')).perform(order, () => {}, new AbortController().signal)
  writeFileSync(folder.ended(order.id), JSON.stringify({ worker: 'x', taker: 'x/../../../../notes', answer }))
  expect(await end).toEqual({ kind: 'answered', answer, worker: 'x' })
  expect(existsSync(join(dir, 'notes.jsonl'))).toBe(true)
})

it('an answer that a dead run left is not taken for that of another one', async () => {
  const dir = temporaryDirectory()
  const order = orderOf('a')
  const folder = new OrdersFolder(dir, order.pool)
  folder.prepare()
  const stale = { worker: 'x', taker: 'x.1', answer: { kind: 'crashed', message: 'yesterday' } }
  writeFileSync(folder.ended(order.id), JSON.stringify(stale))
  const end = new FolderEngine(dir).perform(order, () => {}, new AbortController().signal)
  expect(folder.list('queued')).toHaveLength(1)
  const answer = { kind: 'crashed', message: 'today' }
  writeFileSync(folder.ended(order.id), JSON.stringify({ ...stale, answer }))
  expect(await end).toMatchObject({ answer })
})
