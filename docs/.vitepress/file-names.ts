import type { MarkdownRenderer } from 'vitepress'

/** Shows above a block that has `file=NAME` which file it belongs into. */
export function fileNames(md: MarkdownRenderer): void {
  const { fence } = md.renderer.rules
  if (fence === undefined) throw new TypeError('the renderer has no rule for fenced blocks')
  md.renderer.rules.fence = (tokens, at, ...rest) => {
    const name = / file=(\S+)/.exec(tokens[at]?.info ?? '')?.[1]
    const block = fence(tokens, at, ...rest)
    return name === undefined ? block : `<p class="file-name">${md.utils.escapeHtml(name)}</p>${block}`
  }
}
