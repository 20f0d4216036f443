import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import GithubSlugger from 'github-slugger'
import MarkdownIt from 'markdown-it'

const markdown = new MarkdownIt({ html: true })

/** Returns the Markdown files among paths and in folders, without what is made of the sources. */
export function markdownFiles(paths) {
  return paths.flatMap((path) =>
    statSync(path).isFile()
      ? [path]
      : readdirSync(path, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.md') && !/(^|\/)(node_modules|\.vitepress|api)\//.test(name))
          .map((name) => join(path, name)),
  )
}

/** Returns the links of Markdown files that lead to a file or a heading that is not there. */
export function deadMarkdownLinks(paths) {
  return markdownFiles(paths).flatMap((path) =>
    linksOf(path).flatMap((link) => {
      const [target, anchor] = link.split('#')
      const file = target === '' ? path : resolve(dirname(path), decodeURI(target))
      if (isGenerated(file)) return []
      if (!existsSync(file)) return [`${path} links to ${link}, which does not exist`]
      if (anchor === undefined || anchorsOf(file).has(decodeURIComponent(anchor))) return []
      return [`${path} links to ${link}, and ${relative('.', file)} has no such heading`]
    }),
  )
}

/** The pages of the API reference are made when the site is built, and checked there. */
const isGenerated = (file) => relative('.', file).startsWith('docs/reference/api/')

function linksOf(path) {
  return markdown
    .parse(readFileSync(path, 'utf8'), {})
    .flatMap(({ children }) => children ?? [])
    .map((token) => token.attrGet('href') ?? token.attrGet('src'))
    .filter((link) => link !== null && !/^[a-z]+:/.test(link))
}

function anchorsOf(path) {
  const slugger = new GithubSlugger()
  const tokens = markdown.parse(readFileSync(path, 'utf8'), {})
  const titles = tokens.flatMap((token, at) => (token.type === 'heading_open' ? [tokens[at + 1]] : []))
  return new Set(titles.map(({ children }) => slugger.slug(children.map(({ content }) => content).join(''))))
}
