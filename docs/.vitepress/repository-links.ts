import type { MarkdownRenderer } from 'vitepress'

/** The pages of the site that show files from outside docs/, by the end of the path that links to them have. */
const pages: Readonly<Record<string, string>> = {
  'CONTRIBUTING.md': '/project/contributing',
  'ARCHITECTURE.md': '/project/architecture',
  'store/README.md': '/project/store',
  'store/ARCHIVE.md': '/project/archive',
  'ARCHIVE.md': '/project/archive',
  'stages/README.md': '/project/stages',
  'bench/README.md': '/project/bench',
  'CHANGELOG.md': '/project/changelog',
  'docs/INDEX.md': '/',
  'INDEX.md': '/',
  'README.md': '/',
}

/**
 * Has links to files of the repository lead to the pages that show them. In the repository the same links lead to the
 * files themselves.
 */
export function repositoryLinks(md: MarkdownRenderer): void {
  md.core.ruler.push('repository-links', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href !== null) token.attrSet('href', pageOf(href))
    }
  })
}

function pageOf(href: string): string {
  if (/^[a-z]+:|^#/.test(href)) return href
  const [path = '', anchor] = href.split('#')
  const inDocs = /(?:^|\/)docs\/(.+)\.md$/.exec(path)
  const name = Object.keys(pages).find((end) => path === end || path.endsWith(`/${end}`))
  const page = name === undefined ? inDocs?.[1] && `/${inDocs[1]}` : pages[name]
  return page === undefined ? href : `${page}${anchor === undefined ? '' : `#${anchor}`}`
}
