import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Returns the links of a built site that lead to a page or an anchor of it that is not there. */
export function deadLinks(dir) {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))
  const known = new Set(files)
  const pages = new Map(
    files
      .filter((path) => path.endsWith('.html'))
      .map((path) => {
        const html = readFileSync(join(dir, path), 'utf8')
        const valuesOf = (name) => [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value)
        return [path, { anchors: new Set(valuesOf('id')), links: new Set(valuesOf('href')) }]
      }),
  )
  const problems = []
  for (const [page, { links }] of pages) {
    for (const link of links) {
      if (/^[a-z]+:/.test(link)) continue
      const { pathname, hash } = new URL(link, `site:///${page}`)
      const path = decodeURI(pathname).slice(1)
      const target = [path, `${path}.html`, posix.join(path, 'index.html')].find((one) => known.has(one))
      const anchor = decodeURIComponent(hash).slice(1)
      if (target === undefined) problems.push(`${page} links to ${link}, which does not exist`)
      else if (anchor !== '' && pages.get(target)?.anchors.has(anchor) === false)
        problems.push(`${page} links to ${link}, and ${target} has no such anchor`)
    }
  }
  return problems
}
