import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import GithubSlugger from 'github-slugger'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { repositoryLinks } from './repository-links.ts'

const guide: DefaultTheme.SidebarItem[] = [
  { text: 'Start here', items: [{ text: 'Overview', link: '/' }] },
  {
    text: 'Reference',
    items: [
      { text: 'Commands', link: '/reference/commands' },
      { text: 'API', link: '/reference/api/' },
    ],
  },
  {
    text: 'Develop Reprise',
    items: [
      { text: 'Contributing', link: '/project/contributing' },
      { text: 'Architecture', link: '/project/architecture' },
      { text: 'The store on disk', link: '/project/store' },
      { text: 'Stages that ship', link: '/project/stages' },
      { text: 'Benches', link: '/project/bench' },
      { text: 'Changelog', link: '/project/changelog' },
    ],
  },
]

/** The sidebar that TypeDoc writes beside the pages that it makes; they are not in the repository. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  const path = join(import.meta.dirname, '../reference/api/typedoc-sidebar.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
}

export default defineConfig({
  title: 'Reprise',
  description: 'Media pipelines that never compute the same step twice',
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  // The entry has one file and one name, also for those who read the docs in the repository.
  rewrites: { 'INDEX.md': 'index.md' },
  markdown: {
    // The anchors that code hosts give to headings, so that a link holds in both places.
    anchor: { slugify: (text) => new GithubSlugger().slug(text) },
    config: (md) => md.use(repositoryLinks),
  },
  themeConfig: {
    nav: [
      { text: 'Commands', link: '/reference/commands' },
      { text: 'API', link: '/reference/api/', activeMatch: '^/reference/api/' },
    ],
    sidebar: { '/reference/api/': apiSidebar(), '/': guide },
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    footer: { message: 'MIT licence' },
  },
})
