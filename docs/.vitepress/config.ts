import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import GithubSlugger from 'github-slugger'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { fileNames } from './file-names.ts'
import { repositoryLinks } from './repository-links.ts'

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start here',
    items: [
      { text: 'Overview', link: '/' },
      { text: 'Quickstart', link: '/quickstart' },
      { text: 'Roadmap', link: '/roadmap' },
    ],
  },
  {
    text: 'Write pipelines',
    items: [
      { text: 'Tutorial', link: '/guide/tutorial' },
      { text: 'What a stage declares', link: '/guide/stages' },
      { text: 'Inputs of a pipeline', link: '/guide/inputs' },
      { text: 'Fan-outs', link: '/guide/fan-outs' },
      { text: 'Conditions', link: '/guide/conditions' },
      { text: 'Services and secrets', link: '/guide/services-and-secrets' },
      { text: 'Contracts', link: '/guide/contracts' },
      { text: 'Retries and out-of-memory', link: '/guide/retries' },
      { text: 'Keys', link: '/guide/keys' },
      { text: 'One file a stage', link: '/guide/one-file-a-stage' },
      { text: 'Test a stage', link: '/guide/testing' },
      { text: 'Share stages as a package', link: '/guide/sharing' },
      { text: 'Run from a program', link: '/guide/programs' },
    ],
  },
  {
    text: 'Pipelines that ship',
    items: [
      { text: 'show', link: '/pipelines/show' },
      { text: 'subtitles', link: '/pipelines/subtitles' },
      { text: 'Recipes for subtitles', link: '/pipelines/subtitles-recipes' },
      { text: 'video', link: '/pipelines/video' },
      { text: 'retime', link: '/pipelines/retime' },
      { text: 'convert', link: '/pipelines/convert' },
      { text: 'calls', link: '/pipelines/calls' },
    ],
  },
  {
    text: 'Use it every day',
    items: [
      { text: 'Runs and jobs', link: '/runs' },
      { text: 'The dashboard', link: '/dashboard' },
      { text: 'Run in CI', link: '/ci' },
      { text: "A team's cache", link: '/team-cache' },
      { text: 'CI with scopes', link: '/ci-scopes' },
      { text: 'Security', link: '/security' },
      { text: 'A GPU box', link: '/gpu-box' },
      { text: 'Slurm', link: '/slurm' },
      { text: 'Sizing', link: '/sizing' },
      { text: 'Models', link: '/models' },
      { text: 'Operate the store', link: '/operations' },
    ],
  },
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
      { text: 'Developer guide', link: '/developer-guide' },
      { text: 'Contributing', link: '/project/contributing' },
      { text: 'Architecture', link: '/project/architecture' },
      { text: 'The store on disk', link: '/project/store' },
      { text: 'Archives', link: '/project/archive' },
      { text: 'The stages that ship', link: '/project/stages' },
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
    config: (md) => md.use(repositoryLinks).use(fileNames),
  },
  themeConfig: {
    nav: [
      { text: 'Quickstart', link: '/quickstart' },
      { text: 'Guide', link: '/guide/tutorial', activeMatch: '^/guide/' },
      { text: 'Commands', link: '/reference/commands' },
      { text: 'API', link: '/reference/api/', activeMatch: '^/reference/api/' },
    ],
    sidebar: { '/reference/api/': apiSidebar(), '/': guide },
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    footer: { message: 'MIT licence' },
  },
})
