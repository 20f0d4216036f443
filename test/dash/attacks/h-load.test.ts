import { truncateSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dashWithJob } from '../dash-job.ts'

it('H5 lets go of who sends headers without end, and answers the others meanwhile', async () => {
  const bench = await dashWithJob()
  const visit = await bench.enter()
  const slow = connect(bench.port, '127.0.0.1')
  slow.on('error', () => {})
  const gone = new Promise<void>((resolve) => slow.once('close', () => resolve()))
  slow.resume()
  slow.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${bench.port}\r\n`)
  const drip = setInterval(() => slow.write('x-a: b\r\n'), 500)
  expect((await bench.as(visit, { path: '/api/jobs' })).status).toBe(200)
  await gone
  clearInterval(drip)
  expect((await bench.as(visit, { path: '/api/jobs' })).status).toBe(200)
  expect(bench.bugs).toEqual([])
})

it('H6 reads no log of ten gigabytes into memory, to show it or to search it', async () => {
  const bench = await dashWithJob()
  const visit = await bench.enter()
  const ask = (path: string) =>
    bench.as(visit, {
      path: `${path}?job=${bench.job}&step=say&${path.endsWith('search') ? 'text=saying' : 'from=0&count=9'}`,
    })
  expect((await ask('/api/log')).body).toContain('saying hello')
  expect(JSON.parse((await ask('/api/log-search')).body)).toEqual({ count: 1, hits: [0] })
  truncateSync(join(bench.bench.jobDir, '01_say', 'stage.log'), 10 * 1024 ** 3)
  const before = process.memoryUsage().rss
  expect((await ask('/api/log')).body).toContain('too large to be shown here')
  expect((await ask('/api/log-search')).status).toBe(200)
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
})
