import type { IncomingMessage } from 'node:http'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { newPage, openAddress, otherSite, useBrowser } from '../browser.ts'
import { dashWithJob } from '../dash-job.ts'

useBrowser()

const html = (body: string) => `<!doctype html><meta charset="utf-8"><title>other</title><body>${body}`

/** A dashboard that a browser has opened, and another site that the same browser visits. */
async function victim(host: string, body = '') {
  const dash = await dashWithJob()
  const asked: IncomingMessage[] = []
  const port = await otherSite((request, response) => {
    asked.push(request)
    response.setHeader('content-type', 'text/html')
    response.end(html(body.replaceAll('DASH', own)))
  })
  const page = await newPage()
  await openAddress(page, dash.dash.address().replace('127.0.0.1', 'localhost'))
  const own = page.url().replace(/#.*/, '')
  const other = await page.context().newPage()
  const visit = () => other.goto(`http://${host}:${port}/`)
  return { dash, page, own, other, visit, asked, port }
}

/** Runs code on a page, and returns what it returns, or the exception in words. */
function tries(page: Page, code: string): Promise<unknown> {
  return page.evaluate(
    `(async () => { try { return await (async () => { ${code} })() } catch (error) { return 'threw ' + error.name } })()`,
  )
}

async function control(page: Page): Promise<void> {
  expect(await tries(page, `return (await fetch('api/jobs')).status`)).toBe(200)
}

describe('a page of another site', () => {
  it('B1 reads nothing by fetch, with and without the cookie', async () => {
    const { other, visit, own, page } = await victim('127.0.0.1')
    await visit()
    expect(await tries(other, `return (await fetch('${own}api/jobs', { credentials: 'include' })).status`)).toBe(
      'threw TypeError',
    )
    expect(
      await tries(
        other,
        `const r = await fetch('${own}api/jobs', { mode: 'no-cors', credentials: 'include' }); return [r.type, (await r.text()).length]`,
      ),
    ).toEqual(expect.not.arrayContaining([200]))
    await control(page)
  })

  it('B2 gets no image, script, style or track to load', async () => {
    const { other, visit, own, page } = await victim('127.0.0.1')
    await visit()
    const loads = (tag: string, attribute: string, path: string) =>
      tries(
        other,
        `return await new Promise((resolve) => { const e = document.createElement('${tag}'); e.onload = () => resolve('loaded'); e.onerror = () => resolve('refused'); e.${attribute} = '${own}${path}'; ${tag === 'link' ? "e.rel = 'stylesheet';" : ''} document.body.append(e) })`,
      )
    expect(await loads('img', 'src', 'icon.svg')).toBe('refused')
    expect(await loads('script', 'src', 'app.js')).toBe('refused')
    expect(await loads('script', 'src', 'api/jobs')).toBe('refused')
    expect(await loads('link', 'href', 'app.css')).toBe('refused')
    const own1 = await tries(
      page,
      `return await new Promise((resolve) => { const e = new Image(); e.onload = () => resolve('loaded'); e.onerror = () => resolve('refused'); e.src = 'icon.svg' })`,
    )
    expect(own1).toBe('loaded')
  })

  it('B3 opens no stream', async () => {
    const { other, visit, own, page } = await victim('127.0.0.1')
    await visit()
    const opens = (address: string) =>
      `return await new Promise((resolve) => { const s = new EventSource('${address}', { withCredentials: true }); s.onopen = () => resolve('open'); s.onerror = () => resolve('refused') })`
    expect(await tries(other, opens(`${own}api/stream`))).toBe('refused')
    expect(await tries(page, opens('api/stream'))).toBe('open')
  })

  it('B4 reads nothing out of a sandboxed frame, whose origin is null', async () => {
    const { other, visit, own, page } = await victim('127.0.0.1')
    await visit()
    const answer = await tries(
      other,
      `return await new Promise((resolve) => { onmessage = ({ data }) => resolve(data); const f = document.createElement('iframe'); f.sandbox = 'allow-scripts'; f.srcdoc = "<script>fetch('${own}api/jobs',{credentials:'include'}).then(r=>r.status,()=>'refused').then(x=>parent.postMessage(x,'*'))<" + "/script>"; document.body.append(f) })`,
    )
    expect(answer).toBe('refused')
    await control(page)
  })

  it('B5 reads nothing from a page that is a file', async () => {
    const { own, page, dash } = await victim('127.0.0.1')
    const file = await page.context().newPage()
    const { writeFileSync } = await import('node:fs')
    writeFileSync(dash.bench.path('evil.html'), html(''))
    await file.goto(`file://${dash.bench.path('evil.html')}`)
    expect(await tries(file, `return (await fetch('${own}api/jobs', { credentials: 'include' })).status`)).toBe(
      'threw TypeError',
    )
    await control(page)
  })

  it('B6 is never allowed anything by a preflight', async () => {
    const { other, visit, own, dash, page } = await victim('127.0.0.1')
    await visit()
    const change = `return (await fetch('${own}api/cancel', { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json', 'x-reprise': 'x' }, body: '{"job":"${dash.job}"}' })).status`
    expect(await tries(other, change)).toBe('threw TypeError')
    expect(await tries(page, change)).toBe(403)
  })

  it('B7 shows no part of the dashboard in a frame', async () => {
    const { other, visit, own, page } = await victim('127.0.0.1', '<iframe id="f" src="DASH"></iframe>')
    const answered = other.waitForResponse(own)
    await visit()
    expect((await answered).status()).toBe(403)
    const frame = other.frames().find((of) => of !== other.mainFrame())
    expect(await frame?.evaluate('document.body.innerText').catch(() => '')).not.toContain('Jobs')
    expect(await page.getByRole('heading', { name: 'Jobs' }).count()).toBe(1)
    expect(own).toContain('localhost')
  })
})

describe('a page on another port of the same name', () => {
  it('C1 changes nothing by a POST without CORS, though the browser sends the cookie', async () => {
    const { other, visit, own, dash, page } = await victim('localhost')
    await visit()
    const status = await watchStatus(other, /\/api\/cancel$/)
    await tries(
      other,
      `await fetch('${own}api/cancel', { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'text/plain' }, body: '{"job":"${dash.job}"}' })`,
    )
    expect(await status()).toBe(403)
    await control(page)
  })

  it('C2 changes nothing by a form', async () => {
    const { other, visit, dash, page } = await victim(
      'localhost',
      '<form id="f" method="post" enctype="text/plain" action="DASHapi/cancel"><input name=\'{"job":"\' value=\'"}\'></form>',
    )
    await visit()
    const answered = other.waitForResponse(/api\/cancel/)
    await other.evaluate(`document.getElementById('f').submit()`)
    expect((await answered).status()).toBe(403)
    expect(dash.bugs).toEqual([])
    await control(page)
  })

  it('C3 gets no image to load', async () => {
    const { other, visit, own, page } = await victim('localhost')
    await visit()
    const load = (address: string) =>
      `return await new Promise((resolve) => { const e = new Image(); e.onload = () => resolve('loaded'); e.onerror = () => resolve('refused'); e.src = '${address}' })`
    expect(await tries(other, load(`${own}icon.svg`))).toBe('refused')
    expect(await tries(page, load('icon.svg'))).toBe('loaded')
  })

  it('C4 reads no JSON', async () => {
    const { other, visit, own, page } = await victim('localhost')
    await visit()
    expect(await tries(other, `return (await fetch('${own}api/jobs', { credentials: 'include' })).status`)).toBe(
      'threw TypeError',
    )
    await control(page)
  })

  it('C5 plants no session by setting our cookie', async () => {
    const { other, visit, own, page, port } = await victim('localhost')
    await visit()
    const path = new URL(own).pathname
    await tries(
      other,
      `document.cookie = 'reprise-session=planted; path=/'; document.cookie = 'reprise-session=planted; path=${path}'; return document.cookie`,
    )
    const planted = (await page.context().cookies(`http://localhost:${port}${path}`)).filter(
      ({ value }) => value === 'planted',
    )
    expect(planted.length).toBeGreaterThan(0)
    await control(page)
    const stranger = await newPage()
    await stranger.context().addCookies([{ name: 'reprise-session', value: 'planted', domain: 'localhost', path: '/' }])
    expect((await stranger.goto(own))?.status()).toBe(401)
  })

  it('C6 is not sent our cookie', async () => {
    const { other, visit, asked, page } = await victim('localhost')
    await visit()
    await other.reload()
    expect(asked.length).toBeGreaterThan(1)
    expect(asked.map(({ headers }) => headers.cookie ?? '').filter((text) => text.includes('reprise-session'))).toEqual(
      [],
    )
    expect((await page.context().cookies()).map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
      ['reprise-session', true, 'Strict'],
    ])
    expect(await page.evaluate('document.cookie')).toBe('')
  })
})

/**
 * The status of the answer to the request whose address matches, also of one that the browser keeps from the page: the
 * page may ask for other things meanwhile, as for its icon.
 */
async function watchStatus(page: Page, address: RegExp): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const statuses = new Map<string, number>()
  let asked: string | undefined
  const answered = new Promise<number>((resolve) => {
    // Either may be told first.
    const look = () => {
      const status = asked === undefined ? undefined : statuses.get(asked)
      if (status !== undefined) resolve(status)
    }
    session.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (asked === undefined && address.test(request.url)) asked = requestId
      look()
    })
    session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
      statuses.set(requestId, statusCode)
      look()
    })
  })
  return () => answered
}
