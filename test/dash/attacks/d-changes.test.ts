import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Asked, codeIn, type DashBench, openDashBench, type Visit } from '../dash-bench.ts'
import { dashWithJob } from '../dash-job.ts'

const readPaths = [
  '/',
  '/app.css',
  '/app.js',
  '/icon.svg',
  '/api/hello',
  '/api/jobs',
  '/api/job',
  '/api/stream',
  '/api/step',
  '/api/log',
  '/api/log-search',
  '/api/cache',
  '/files',
]
const changePaths = [
  '/api/cancel',
  '/api/plan',
  '/api/run',
  '/api/pipelines',
  '/api/gc',
  '/api/forget',
  '/api/corrections',
  '/api/correct',
  '/api/settle',
]

/** A change that the page itself could make; it is answered, though there is nothing to cancel. */
async function control({ as }: DashBench, visit: Visit, job: string): Promise<void> {
  const { status, body } = await as(visit, cancel(job))
  expect([status, body]).toEqual([409, expect.stringContaining('not running')])
}

function cancel(job: string, more: Partial<Asked> = {}): Asked {
  return { method: 'POST', path: '/api/cancel', body: JSON.stringify({ job }), ...more }
}

describe('a change that is not made by the page', () => {
  it('D1 is refused by every method that a route does not declare', async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'GET', 'QUERY', 'M-SEARCH']
    for (const path of [...readPaths, ...changePaths]) {
      const allowed = changePaths.includes(path) ? 'POST' : 'GET'
      for (const method of methods.filter((name) => name !== allowed)) {
        const { status, headers } = await bench.as(visit, { method, path, body: JSON.stringify({ job: bench.job }) })
        expect([method, path, [400, 405].includes(status)]).toEqual([method, path, true])
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
      }
    }
    await control(bench, visit, bench.job)
  })

  it('D2 is refused as text, as a form and without a type', async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-8',
      'application/JSON',
      undefined,
    ]
    for (const type of types) {
      const { status } = await bench.as(visit, cancel(bench.job, { headers: { 'content-type': type } }))
      expect([type, status]).toEqual([type, 415])
    }
    await control(bench, visit, bench.job)
  })

  it('D3 is refused as a GET that calls itself a POST', async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const asked = [
      bench.as(visit, { path: `/api/cancel?_method=POST&job=${bench.job}` }),
      bench.as(visit, { path: '/api/cancel', headers: { 'x-http-method-override': 'POST' } }),
      bench.as(visit, { path: '/api/jobs?_method=POST' }),
    ]
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([405, 405, 400])
    await control(bench, visit, bench.job)
  })

  it("D4 is refused without the session's word, with an old one, another session's, and two", async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const other = await bench.enter()
    for (const csrf of [undefined, '', 'x', other.csrf, `${visit.csrf}, ${visit.csrf}`, visit.csrf.toLowerCase()]) {
      const { status } = await bench.as(visit, cancel(bench.job, { headers: { 'x-reprise': csrf } }))
      expect([csrf, status]).toEqual([csrf, 403])
    }
    await control(bench, visit, bench.job)
  })

  it('D5 is refused with a foreign origin, a null one, two, and none', async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const own = `http://127.0.0.1:${bench.port}`
    for (const origin of [
      'http://evil.com',
      'null',
      `http://localhost:${bench.port}`,
      'http://127.0.0.1',
      `${own}/`,
      `https://127.0.0.1:${bench.port}`,
      undefined,
    ]) {
      const { status } = await bench.as(visit, cancel(bench.job, { headers: { origin } }))
      expect([origin, status]).toEqual([origin, 403])
    }
    const { status } = await bench.as(visit, cancel(bench.job, { headers: { origin: own, Origin: 'http://evil.com' } }))
    expect(status).toBe(403)
    await control(bench, visit, bench.job)
  })

  it('D6 is refused when a one-time code is used again, and with two codes', async () => {
    const bench = await openDashBench()
    const code = codeIn(bench.dash.address())
    const open = (body: string) => bench.ask({ method: 'POST', path: '/session', body })
    expect((await open(`{"code":"${code}","code":"${code}"}`)).status).toBe(400)
    expect((await open(JSON.stringify({ code: [code] }))).status).toBe(401)
    expect((await open(JSON.stringify({ code }))).status).toBe(200)
    expect((await open(JSON.stringify({ code }))).status).toBe(401)
    expect((await open(JSON.stringify({ code: codeIn(bench.dash.address()) }))).status).toBe(200)
  })

  it('D7 is refused where two readers could see two bodies', async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const job = bench.job
    for (const body of [
      `{"job":"x","job":"${job}"}`,
      `{ "job":"${job}"}`,
      `["${job}"]`,
      `"${job}"`,
      '',
      '{',
      `{"job":"${job}"}{"job":"x"}`,
      `\u00ef\u00bb\u00bf{"job":"${job}"}`,
    ]) {
      const { status } = await bench.as(visit, cancel(job, { body }))
      expect([body, status]).toEqual([body, 400])
    }
    const more = await bench.as(visit, cancel(job, { body: JSON.stringify({ job, now: true, force: true }) }))
    expect(more.status).toBe(400)
    await control(bench, visit, job)
  })

  it('D8 is refused where its body is too long, or longer than it says', async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const long = JSON.stringify({ job: 'x'.repeat(1024 * 1024 + 1) })
    expect((await bench.as(visit, cancel(bench.job, { body: long }))).status).toBe(413)
    const short = await bench.as(visit, cancel(bench.job, { headers: { 'content-length': '4' } }))
    expect(short.status).toBe(400)
    await control(bench, visit, bench.job)
  })

  it('D9 is refused with two lengths, so that no second request hides in the body', async () => {
    const bench = await dashWithJob()
    const visit = await bench.enter()
    const hidden = `GET ${visit.path}api/jobs HTTP/1.1\r\nHost: 127.0.0.1:${bench.port}\r\nCookie: ${visit.cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n`
    const body = `0\r\n\r\n${hidden}`
    for (const headers of [
      { 'transfer-encoding': 'chunked' },
      { 'transfer-encoding': 'chunked', 'content-length': '3' },
      { 'Content-Length': '0' },
    ]) {
      const { status, body: answer } = await bench.as(visit, cancel(bench.job, { body, headers }))
      expect([400, 411]).toContain(status)
      expect(answer).not.toContain('"jobs"')
    }
    await control(bench, visit, bench.job)
  })
})

describe('a stream of nonsense', () => {
  it('H1 ends no process: what is not HTTP, and headers of every kind', async () => {
    const bench = await openDashBench()
    const visit = await bench.enter()
    const junk = [
      '\r\n\r\n',
      'GET\r\n\r\n',
      '\0\0\0\0\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nHost\r\n\r\n`,
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'CONNECT evil.com:80 HTTP/1.1\r\nHost: evil.com\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${bench.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    ]
    for (const text of junk) expect([0, 400, 405]).toContain((await bench.raw(text, true)).status)
    for (const value of ['%', '%00', 'a=b; a', '=;=;', '\xff\xfe', ';'.repeat(9000), '__proto__', '[object Object]'])
      for (const name of [
        'cookie',
        'origin',
        'sec-fetch-site',
        'authorization',
        'last-event-id',
        'range',
        'if-none-match',
      ])
        expect((await bench.as(visit, { path: '/api/jobs', headers: { [name]: value } })).status).toBeLessThan(500)
    for (const path of [
      '/%',
      '/%00',
      '/%ff',
      '/?%',
      '/api/jobs?a=%ff',
      '/__proto__',
      '/constructor',
      '/api/job?job=__proto__',
      `/${'a'.repeat(17_000)}`,
    ])
      expect((await bench.as(visit, { path })).status).toBeGreaterThanOrEqual(400)
    expect((await bench.as(visit, { path: '/api/jobs' })).status).toBe(200)
    expect(bench.bugs).toEqual([])
  })

  it('H2 opens no more streams than there is room for, and the next one waits for a place', async () => {
    const bench = await openDashBench()
    const visit = await bench.enter()
    const request = `GET ${visit.path}api/stream HTTP/1.1\r\nHost: 127.0.0.1:${bench.port}\r\nCookie: ${visit.cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n`
    const sockets = await Promise.all(Array.from({ length: 64 }, () => openStream(bench.port, request)))
    expect(sockets.filter(({ status }) => status === 200)).toHaveLength(32)
    expect(sockets.filter(({ status }) => status === 503)).toHaveLength(32)
    expect((await bench.as(visit, { path: '/api/jobs' })).status).toBe(200)
    const ended = Promise.all(sockets.map(({ end }) => end()))
    await ended
    const again = await openStream(bench.port, request)
    expect(again.status).toBe(200)
    await again.end()
  })
})

interface OpenStream {
  readonly status: number
  end(): Promise<void>
}

function openStream(port: number, request: string): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.once('error', reject)
    socket.once('data', (piece: Buffer) => {
      const status = Number(piece.toString('latin1').split(' ')[1])
      const end = () =>
        new Promise<void>((closed) => {
          socket.once('close', () => closed())
          socket.resume().end()
        })
      resolve({ status, end })
    })
  })
}
