import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openDashBench } from '../dash-bench.ts'

// 100,000 requests take minutes: so many are asked for by the environment.
const numRuns = Number(process.env.REPRISE_FUZZ_RUNS ?? 1500)

const known = [
  '/',
  '/app.js',
  '/app.css',
  '/icon.svg',
  '/api/hello',
  '/api/jobs',
  '/api/job',
  '/api/stream',
  '/api/cancel',
  '/start.js',
  '/start.css',
  '/start.svg',
  '/session',
  '/code',
  '/files',
  '/api/log',
  '/api/peaks',
  '/api/preview',
  '/previews',
]
const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE')
const piece = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '%5c',
    '//',
    ';',
    '%00',
    '?raw??',
    'C:',
    '::$DATA',
    '~1',
    'api',
    'jobs',
    'job',
    'stream',
    'files',
    'etc/passwd',
    '__proto__',
  ),
  fc.string({ unit: 'grapheme-ascii', maxLength: 8 }).map((text) => text.replace(/[^\x21-\x7e]/g, '')),
)
const path = fc.oneof(
  fc.constantFrom(...known),
  fc.array(piece, { maxLength: 5 }).map((pieces) => `/${pieces.join('/')}`),
  fc.tuple(fc.constantFrom(...known), piece).map(([start, end]) => start + end),
)
const header = fc.constantFrom(
  undefined,
  '',
  'null',
  'same-origin',
  'same-site',
  'cross-site',
  'none',
  'http://evil.com',
  'application/json',
  'text/plain',
  'x',
)
const strange = fc.record({
  method,
  path,
  isInside: fc.boolean(),
  hasCookie: fc.boolean(),
  hasWord: fc.boolean(),
  origin: fc.oneof(fc.constant('own'), header),
  site: header,
  type: header,
  body: fc.oneof(fc.constant('{}'), fc.constant('{"job":"x"}'), fc.json(), fc.constant('')),
})

/** What the page itself asks: without some of it among the rest, all could be refused by chance. */
const right = fc.record({
  method: fc.constant('GET' as const),
  path: fc.constantFrom('/', '/app.js', '/app.css', '/api/hello', '/api/jobs'),
  isInside: fc.constant(true),
  hasCookie: fc.constant(true),
  hasWord: fc.boolean(),
  origin: fc.constantFrom('own', undefined),
  site: fc.constant('same-origin' as const),
  type: header,
  body: fc.constant(''),
})
const request = fc.oneof({ weight: 20, arbitrary: strange }, { weight: 1, arbitrary: right })

/** What may be answered with 2xx, by method and path. */
const allowed = new Set([
  'GET /',
  'GET /app.js',
  'GET /app.css',
  'GET /icon.svg',
  'GET /api/hello',
  'GET /api/jobs',
  'GET /api/stream',
])
const open = new Set(['GET /', 'GET /start.js', 'GET /start.css', 'GET /start.svg'])

it('answers no request with a 2xx that is not in the table of routes, whatever it is', {
  timeout: 3_600_000,
}, async () => {
  const bench = await openDashBench()
  const visit = await bench.enter()
  let answered = 0
  await fc.assert(
    fc.asyncProperty(
      request,
      async ({ method: by, path: at, isInside, hasCookie, hasWord, origin, site, type, body }) => {
        if (at.split('?')[0] === '/api/stream' && by === 'GET') return
        const own = `http://127.0.0.1:${bench.port}`
        const { status } = await bench.ask({
          method: by,
          path: isInside ? `${visit.path.slice(0, -1)}${at}` : at,
          headers: {
            cookie: hasCookie ? visit.cookie : undefined,
            'x-reprise': hasWord ? visit.csrf : undefined,
            origin: origin === 'own' ? own : origin,
            'sec-fetch-site': site,
            'content-type': type,
          },
          ...(by === 'GET' || by === 'HEAD' ? {} : { body }),
        })
        expect(status).not.toBe(500)
        expect(status).toBeGreaterThanOrEqual(200)
        if (status >= 300) return
        answered += 1
        const [bare = ''] = at.split('?')
        expect(isInside ? allowed : open).toContain(`${by} ${bare}`)
        if (isInside) expect(hasCookie).toBe(true)
        const isForeign =
          (site !== undefined && site !== 'same-origin' && !(site === 'none' && bare === '/')) ||
          !['own', undefined].includes(origin)
        expect(isForeign).toBe(false)
        expect(site !== undefined || origin === 'own').toBe(true)
      },
    ),
    { numRuns },
  )
  expect(answered).toBeGreaterThan(0)
  expect(bench.bugs).toEqual([])
  expect((await bench.as(visit, { path: '/api/jobs' })).status).toBe(200)
})
