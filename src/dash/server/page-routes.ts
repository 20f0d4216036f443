import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reportStyle } from '../../core/index.ts'
import type { Answer, Route } from '../gate/route.ts'
import { dashStyle } from '../page-style/index.ts'
import { icon } from './start-page.ts'

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Reprise</title><link rel="icon" href="icon.svg">
<link rel="stylesheet" href="app.css"><script type="module" src="app.js"></script></head>
<body><div id="app"><p class="soft starting" role="status">Loading ...</p></div></body></html>
`

/** The page and what it loads. `scriptDir` is where the build puts the page's script. */
export function pageRoutes(scriptDir: string): readonly Route[] {
  const fixed = (path: string, type: string, read: () => string, isPage = false): Route => ({
    path,
    method: 'GET',
    ...(isPage ? { isPage: true as const } : {}),
    handle: (): Answer => ({ status: 200, type, text: read(), ...(isPage ? { isPage: true as const } : {}) }),
  })
  return [
    fixed('/', 'text/html; charset=utf-8', () => page, true),
    fixed('/app.css', 'text/css; charset=utf-8', () => reportStyle + dashStyle),
    fixed('/app.js', 'text/javascript; charset=utf-8', () => readFileSync(join(scriptDir, 'dash-page.js'), 'utf8')),
    fixed('/icon.svg', 'image/svg+xml', () => icon),
  ]
}
