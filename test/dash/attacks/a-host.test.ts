import { expect, it } from 'vitest'
import { type DashBench, openDashBench, type Visit } from '../dash-bench.ts'

// After DNS rebinding a page of another site has our address, and only the name in `Host` tells.
const cases: readonly {
  readonly name: string
  readonly lines: (port: number) => readonly string[]
  readonly target?: (path: string) => string
  readonly status: number
}[] = [
  { name: 'A1 another name', lines: (port) => [`Host: evil.com:${port}`], status: 421 },
  { name: 'A2 a name that begins with ours', lines: (port) => [`Host: localhost.evil.com:${port}`], status: 421 },
  { name: 'A3 the right name with another port', lines: (port) => [`Host: 127.0.0.1:${port + 1}`], status: 421 },
  { name: 'A4 0.0.0.0', lines: (port) => [`Host: 0.0.0.0:${port}`], status: 421 },
  { name: 'A5 no name', lines: () => [], status: 400 },
  { name: 'A6 two names', lines: (port) => [`Host: 127.0.0.1:${port}`, `Host: evil.com:${port}`], status: 421 },
  {
    name: 'A7 an absolute target of another name',
    lines: (port) => [`Host: 127.0.0.1:${port}`],
    target: (path) => `http://evil.com${path}`,
    status: 400,
  },
  { name: 'A8a a dot at the end', lines: (port) => [`Host: localhost.:${port}`], status: 421 },
  { name: 'A8b upper case', lines: (port) => [`Host: LOCALHOST:${port}`], status: 421 },
  { name: 'A8c a user in front', lines: (port) => [`Host: user@127.0.0.1:${port}`], status: 421 },
]

const request = ({ cookie }: Visit, target: string, lines: readonly string[]) =>
  `${[`GET ${target} HTTP/1.1`, ...lines, `Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin', 'Connection: close'].join('\r\n')}\r\n\r\n`

it.each(cases)(
  'refuses a request with $name, and answers the same with our name',
  async ({ lines, target, status }) => {
    const bench = await openDashBench()
    const visit = await bench.enter()
    const path = `${visit.path}api/jobs`
    const refused = await bench.raw(request(visit, target?.(path) ?? path, lines(bench.port)))
    expect(refused.status).toBe(status)
    expect(refused.body).not.toContain('jobs')
    await expectControls(bench, visit, path)
  },
)

async function expectControls({ raw, port, bugs }: DashBench, visit: Visit, path: string): Promise<void> {
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
    const { status, body } = await raw(request(visit, path, [`Host: ${name}:${port}`]))
    expect([name, status]).toEqual([name, 200])
    expect(body).toContain('"jobs":[]')
  }
  expect(bugs).toEqual([])
}
