import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { otherSite } from '../browser.ts'
import { type Asked, openDashBench } from '../dash-bench.ts'
import { copying, smallMedia } from '../media/media-job.ts'

async function bench(files: Readonly<Record<string, string>> = {}) {
  const of = await createWorkbench()
  vi.stubEnv('XDG_CACHE_HOME', of.path('cache'))
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const [name, text] of Object.entries(files)) writeFileSync(of.path(name), text)
  const from = [smallMedia('tone.wav'), smallMedia('silent.mp4'), ...Object.keys(files).map((name) => of.path(name))]
  await of.run(copying, { params: { from: from.join('\n') } })
  const dash = await openDashBench(of.store.dir, of.dir)
  const visit = await dash.enter()
  const job = jobId(of.jobDir)
  const named = { job, step: 'copy', output: 'all', entry: 'tone.wav' }
  const post = (path: string, body: object, more: Partial<Asked> = {}) =>
    dash.as(visit, { method: 'POST', path, body: JSON.stringify(body), ...more })
  const peaks = { ...named, measures: true }
  const preview = { ...named, from: 0 }
  const made = () => readdirSync(join(of.dir, 'cache/reprise/media')).length
  /** The page's own requests are answered. */
  const control = async () => {
    const { status, body } = await post('/api/peaks', peaks)
    expect([status, body]).toEqual([200, expect.stringContaining('"perSecond":100')])
    expect(dash.bugs).toEqual([])
  }
  return { ...of, dash, visit, job, named, post, peaks, preview, made, control }
}

it('D14 is refused by what runs ffmpeg without the word of the session, from elsewhere, as a form, and by GET', async () => {
  const { dash, visit, post, peaks, preview, control } = await bench()
  const other = await dash.enter()
  for (const [path, body] of [
    ['/api/peaks', peaks],
    ['/api/preview', preview],
  ] as const) {
    for (const csrf of [undefined, 'x', other.csrf])
      expect((await post(path, body, { headers: { 'x-reprise': csrf } })).status).toBe(403)
    for (const origin of ['http://evil.com', 'null', undefined])
      expect((await post(path, body, { headers: { origin } })).status).toBe(403)
    expect((await post(path, body, { headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403)
    expect((await post(path, body, { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
    expect((await dash.as(visit, { path })).status).toBe(405)
  }
  await control()
})

it('D15 measures nothing because somebody looks, and makes nothing of what is no output or no film', async () => {
  const { dir, jobDir, dash, visit, job, post, named, peaks, preview, made, control } = await bench({ 'page.txt': 'x' })
  expect(await post('/api/peaks', { ...peaks, measures: false })).toMatchObject({
    status: 200,
    body: '{"unknown":true}',
  })
  symlinkSync('/etc/passwd', join(jobDir, '01_copy/all/link.wav'))
  writeFileSync(join(jobDir, 'beside.wav'), 'x')
  for (const entry of ['link.wav', '../beside.wav', '/etc/passwd', '..', '', 'no.wav', 'tone.wav/'])
    for (const [path, body] of [
      ['/api/peaks', peaks],
      ['/api/preview', preview],
    ] as const)
      expect([entry, (await post(path, { ...body, entry })).status]).toEqual([entry, 404])
  expect((await post('/api/peaks', { ...peaks, entry: 'page.txt' })).status).toBe(409)
  for (const body of [
    { ...preview, from: -1 },
    { ...preview, from: 1.5 },
    { ...preview, from: '0; rm -rf /' },
    { ...preview, from: 1e9 },
    { ...preview, to: 3 },
    { ...preview, entry: ['tone.wav'] },
    named,
  ])
    expect((await post('/api/preview', body)).status).toBe(400)
  for (const id of [jobId(join(dir, 'other')), '../job', '__proto__'])
    expect((await post('/api/peaks', { ...peaks, job: id })).status).toBe(404)
  for (const key of ['', '../x', 'a'.repeat(64), '%2e%2e', '__proto__'])
    expect((await dash.as(visit, { path: `/previews?key=${key}` })).status).toBe(404)
  for (const take of ['9', '-1', 'x', '', '1e3', '__proto__'])
    expect([
      take,
      (await dash.as(visit, { path: `/files?job=${job}&step=copy&output=all&entry=tone.wav&take=${take}` })).status,
    ]).toEqual([take, 404])
  expect(made()).toBe(0)
  expect((await dash.as(visit, { path: `/files?job=${job}&step=copy&output=all&entry=tone.wav&take=1` })).status).toBe(
    200,
  )
  await control()
})

it('D16 opens nothing that a film names: no playlist, no list of files, no address', async () => {
  const asked: string[] = []
  const port = await otherSite((request, response) => {
    asked.push(request.url ?? '')
    response.end('x')
  })
  const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:${port}/a.ts\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n`
  const concat = `ffconcat version 1.0\nfile '/etc/passwd'\nfile 'http://127.0.0.1:${port}/b'\n`
  const names = ['a.mp4', 'b.wav', 'c.mkv', 'd.mp3', 'e.avi', 'f.ogg', 'g.mpg']
  const files = Object.fromEntries(
    names.flatMap((name) => [
      [name, playlist],
      [`l${name}`, concat],
    ]),
  )
  const { post, peaks, preview, made, control } = await bench(files)
  for (const entry of Object.keys(files)) {
    expect([entry, (await post('/api/peaks', { ...peaks, entry })).status]).toEqual([entry, 409])
    expect([entry, (await post('/api/preview', { ...preview, entry })).status]).toEqual([entry, 409])
  }
  expect(await post('/api/peaks', { ...peaks, entry: 'silent.mp4' })).toMatchObject({
    status: 409,
    body: '{"error":"there is no sound in it"}',
  })
  expect([asked, made()]).toEqual([[], 0])
  await control()
})
