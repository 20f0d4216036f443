import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

/** Debian's Chromium, which `scripts/bootstrap.sh` installs; `REPRISE_CHROMIUM` names another. */
export const chromiumPath = process.env.REPRISE_CHROMIUM ?? '/usr/bin/chromium'

let browser: Browser | undefined

/** Starts one browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    if (!existsSync(chromiumPath)) throw new Error(`${chromiumPath} is not installed: run sh scripts/bootstrap.sh`)
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(() => browser?.close())
}

/** A page of a browser that knows nothing yet. */
export async function newPage(
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page & { context(): BrowserContext }> {
  if (browser === undefined) throw new Error('the browser is not started: call useBrowser() in the file')
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  return context.newPage()
}

/** Opens a dashboard by its address, and waits for its page. */
export async function openAddress(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.waitForURL(/\/[\w-]{43}\//)
}

/** A site of somebody else, on a port of this machine. */
export async function otherSite(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
