import { html, type Markup, type ReportedFile, type ReportedOutput } from '../../core/index.ts'
import { countText, sizeText } from '../text/amounts.ts'
import { waveOf } from './wave.ts'

const films = /\.(mp4|m4v|webm|mkv|mov)$/i
const sounds = /\.(wav|mp3|ogg|opus|m4a|flac)$/i
/** A longer text is closed until it is clicked. */
const openLines = 12
const openLetters = 1200

/** Returns the outputs of a job: films and sounds that can be played, pictures, short texts, and links to the rest. */
export function outputCards(outputs: readonly ReportedOutput[], linkTo: (path: string) => string): readonly Markup[] {
  const captions = outputs.flatMap(({ files }) => files).filter(({ path }) => path.toLowerCase().endsWith('.vtt'))
  return outputs.map(
    ({ name, files, more }) => html`<section class="card" id="output-${name}"><div class="head"><h3>${name}</h3>
<span class="soft small num">${countText(files.length + more, 'file')}</span></div>
${files.map((file) => fileOf(file, linkTo, captions))}
${more === 0 ? undefined : html`<p class="soft small">and ${more} more</p>`}</section>`,
  )
}

function fileOf(file: ReportedFile, linkTo: (path: string) => string, captions: readonly ReportedFile[]): Markup {
  const { path, sizeBytes, content, wave } = file
  const [first] = captions.flatMap(({ content: of }) => (of !== undefined && 'text' in of ? [of.text] : []))
  const head = html`<p class="file"><a href="${linkTo(path)}">${path}</a> <span class="soft small num">${sizeText(sizeBytes)}</span></p>`
  if (films.test(path))
    return html`${head}<video controls preload="metadata" src="${linkTo(path)}">${captions.map(trackOf)}</video>${wave && waveOf(wave, first)}`
  if (sounds.test(path))
    return html`${head}<audio controls preload="metadata" src="${linkTo(path)}"></audio>${wave && waveOf(wave, first)}`
  if (content === undefined) return head
  if ('dataUri' in content) return html`${head}<img alt="${path}" src="${content.dataUri}">`
  const lines = content.text.trimEnd().split('\n').length
  return html`${head}<details${lines <= openLines && content.text.length <= openLetters ? html` open` : undefined}><summary class="soft small">${countText(lines, 'line')}</summary><pre>${content.text}</pre></details>`
}

/** A page that was opened from a file may not load a track from another file: it is in the page. */
function trackOf({ path, content }: ReportedFile): Markup {
  const name =
    path
      .split('/')
      .at(-1)
      ?.replace(/\.vtt$/i, '') ?? path
  const text = content !== undefined && 'text' in content ? content.text : ''
  const address = `data:text/vtt;base64,${Buffer.from(text).toString('base64')}`
  return html`<track kind="subtitles" label="${name}" srclang="${name}" src="${address}">`
}
