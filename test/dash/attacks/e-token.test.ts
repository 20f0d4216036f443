import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readDashFile, writeDashFile } from '../../../src/dash/index.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { codeIn, openDashBench } from '../dash-bench.ts'

it('E1 answers nothing without a session, and the same with one', async () => {
  const { ask, as, enter } = await openDashBench()
  const visit = await enter()
  for (const path of ['', 'app.js', 'api/hello', 'api/jobs', 'api/stream'])
    expect((await ask({ path: `${visit.path}${path}` })).status).toBe(401)
  for (const path of ['/api/jobs', '/app.js', '/jobs', `/${'A'.repeat(43)}/api/jobs`])
    expect((await ask({ path })).status).toBe(404)
  expect((await as(visit, { path: '/api/jobs' })).status).toBe(200)
})

it('E2 refuses a cookie, a code and a token that are wrong in one bit', async () => {
  const { ask, as, enter, dash } = await openDashBench()
  const visit = await enter()
  const wrong = (text: string) => text.slice(0, -2) + (text.at(-2) === 'A' ? 'B' : 'A') + text.slice(-1)
  expect((await as(visit, { path: '/api/jobs', headers: { cookie: wrong(visit.cookie) } })).status).toBe(401)
  const open = (code: string) => ask({ method: 'POST', path: '/session', body: JSON.stringify({ code }) })
  const code = codeIn(dash.address())
  expect((await open(wrong(code))).status).toBe(401)
  expect((await open(code)).status).toBe(200)
  const fresh = (token: string) =>
    ask({
      method: 'POST',
      path: '/code',
      body: '{}',
      headers: { authorization: `Bearer ${token}`, origin: undefined, 'sec-fetch-site': undefined },
    })
  expect((await fresh(wrong(dash.token))).status).toBe(403)
  expect((await fresh(dash.token)).status).toBe(200)
  expect((await as(visit, { path: '/api/jobs' })).status).toBe(200)
})

it('E3 takes no code, token or cookie in the query, where logs and other pages would see it', async () => {
  const { ask, as, enter, dash } = await openDashBench()
  const visit = await enter()
  for (const query of [`code=${codeIn(dash.address())}`, `token=${dash.token}`, visit.cookie]) {
    expect((await ask({ path: `/?${query}` })).status).toBe(400)
    expect((await ask({ path: `${visit.path}api/jobs?${query}` })).status).toBe(401)
    expect((await as(visit, { path: `/api/jobs?${query}` })).status).toBe(400)
  }
  expect((await ask({ path: '/' })).status).toBe(200)
})

it('E4 names no secret in an answer, and tells no other page where it came from', async () => {
  const { ask, as, enter, dash } = await openDashBench()
  const visit = await enter()
  const secret = visit.cookie.split('=')[1] ?? ''
  for (const path of ['/', '/app.js', '/app.css', '/api/jobs', '/api/hello']) {
    const { headers, body } = await as(visit, { path })
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['cache-control']).toBe('no-store')
    expect([body.includes(secret), body.includes(dash.token), body.includes(visit.path)]).toEqual([false, false, false])
  }
  const start = await ask({ path: '/' })
  expect([start.headers['referrer-policy'], start.body.includes(dash.token)]).toEqual(['no-referrer', false])
})

it('E5 knows no session, code or token of a dashboard before it', async () => {
  const first = await openDashBench()
  const visit = await first.enter()
  const code = codeIn(first.dash.address())
  const second = await openDashBench()
  expect((await second.as(visit, { path: '/api/jobs' })).status).toBe(404)
  expect((await second.ask({ method: 'POST', path: '/session', body: JSON.stringify({ code }) })).status).toBe(401)
  const bearer = { authorization: `Bearer ${first.dash.token}` }
  expect((await second.ask({ method: 'POST', path: '/code', body: '{}', headers: bearer })).status).toBe(401)
  expect((await second.enter()).path).not.toBe(visit.path)
})

it('E6 keeps the token where no other user reads it, and believes no file that one could have written', () => {
  const cache = temporaryDirectory()
  const env = { XDG_CACHE_HOME: cache }
  const file = { host: '127.0.0.1', port: 1, token: 'secret', pid: 1 }
  const remove = writeDashFile('/store', file, env)
  const dir = join(cache, 'reprise', 'dash')
  const [name = ''] = readdirSync(dir)
  expect([statSync(dir).mode & 0o777, statSync(join(dir, name)).mode & 0o777]).toEqual([0o700, 0o600])
  expect(readDashFile('/store', env)).toEqual(file)
  chmodSync(join(dir, name), 0o666)
  expect(readDashFile('/store', env)).toBeUndefined()
  chmodSync(join(dir, name), 0o600)
  remove()
  expect(existsSync(join(dir, name))).toBe(false)
  mkdirSync(join(cache, 'open', 'reprise'), { recursive: true })
  chmodSync(join(cache, 'open', 'reprise'), 0o777)
  writeDashFile('/store', file, { XDG_CACHE_HOME: join(cache, 'open') })
  expect(existsSync(join(cache, 'open', 'reprise', 'dash'))).toBe(false)
})
