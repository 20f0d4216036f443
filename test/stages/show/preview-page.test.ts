import { describe, expect, it } from 'vitest'
import { previewPage } from '../../../stages/show/pictures/preview-page.ts'

const hostile = `</script><img src=x onerror="alert(1)">'&`
const section = { startS: 0, endS: 4, occurrence: 1, theme: 'rest', palette: 0, intensity: 1, change: 'start' } as const
const effect = { startMs: 0, endMs: 4000, palette: 0, brightness: 100, fadeInS: 0, fadeOutS: 0, reason: '' }

/** Returns the page of a song, and of a display, that are called like this. */
function pageOf(name: string): string {
  const palettes = [{ name, colors: ['#ffffff', '#ff0000'] }]
  const sung = { text: name, startS: 1, endS: 2 }
  return previewPage({
    title: name,
    plan: {
      ...{ title: name, artist: name, durationMs: 4000, frameMs: 25, palettes, warnings: [name] },
      groups: [{ group: name, role: 'tree', models: [name], effects: [{ ...effect, effect: name }] }],
    },
    macro: { mood: 'warm', palettes, sections: [{ ...section, label: name, isSung: false }] },
    analysis: {
      ...{ durationS: 4, tempo: { bpm: 0, confidence: 0, curve: [] }, metre: { beatsPerBar: 4, confidence: 0 } },
      ...{ key: null, beats: [], bars: [], halves: [], eighths: [], sections: [], impacts: [], drops: [], gaps: [] },
      ...{ onsets: { low: [], mid: [], high: [] }, loudness: { stepS: 0.1, lufs: [] } },
      ...{ energy: { stepS: 0.1, values: [] }, corrected: { beats: false, sections: false } },
    },
    lyrics: { lines: [{ ...sung, words: [{ ...sung, confidence: 1, mouths: [] }] }] },
    peaks: new Float32Array(200),
    song: 'song.m4a',
  })
}

describe('the page of a show', () => {
  it('shows what a tag or a layout is called, and takes nothing of it for markup', () => {
    const [page, plain] = [pageOf(hostile), pageOf('plain')]
    const tags = (text: string) => text.match(/<[a-z/!]+/gi)
    expect(tags(page)).toEqual(tags(plain))
    expect(page).toContain('<h1>&#60;/script&#62;&#60;img src=x onerror=&#34;alert(1)&#34;&#62;&#39;&#38;</h1>')
    const data = /<script type="application\/json" id="show">(.*?)<\/script>/s.exec(page)?.[1] ?? ''
    expect(JSON.parse(data)).toMatchObject({ groups: [{ group: hostile }], lyrics: [{ text: hostile }] })
  })
})
