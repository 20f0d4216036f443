/**
 * What runs in a process of its own: it loads Whisper once, and recognizes the windows of one file after the other. It prints
 * a line of JSON for each window: `{ "words": [[text, start, end], ...] }`, times in hundredths of a second from the window's
 * start, or `{ "language": "de" }` where that is asked, and then how many there were as its answer. It is text, so that
 * programs and bundles need no file of their own for it.
 */
export const whisperScript = `
const { closeSync, openSync, readFileSync, readSync } = require('node:fs')
const [anchor, library, model] = process.argv.slice(1)
const { Whisper, WhisperFullParams, WhisperSamplingStrategy } = require('node:module').createRequire(anchor)(library)
const whisper = new Whisper(readFileSync(model), { useGpu: false })
const samplesOf = (audio, dataAt, { from, to }, least = 0) => {
  const bytes = Buffer.alloc(2 * Math.max(least, to - from))
  readSync(audio, bytes, 0, 2 * (to - from), dataAt + 2 * from)
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(2 * index) / 32768)
}
const recognize = async (samples, { language, threads }) => {
  const params = new WhisperFullParams(WhisperSamplingStrategy.Greedy)
  Object.assign(params, { language, nThreads: threads, noContext: true, suppressBlank: true })
  Object.assign(params, { tokenTimestamps: true, maxLen: 1, splitOnWord: true })
  Object.assign(params, { printProgress: false, printTimestamps: false, printRealtime: false, printSpecial: false })
  const segments = []
  params.onNewSegment = (segment) => segments.push(segment)
  const said = whisper.full(params, samples)
  const letters = (text) => text.replace(/\\s+/g, '').length
  // The segments arrive as events, after the call.
  for (let turn = 0; turn < 500 && segments.reduce((sum, { text }) => sum + letters(text), 0) < letters(said); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  // They lack the space before a word, which the whole text has.
  let at = 0
  const words = segments.map(({ text, start, end }) => {
    const found = said.indexOf(text.trim(), at)
    const from = at
    if (found < 0) return [' ' + text.trim(), start, end]
    at = found + text.trim().length
    return [said.slice(from, at), start, end]
  })
  process.stdout.write(JSON.stringify({ words }) + '\\n')
}
const findLanguage = (samples, { threads }) => {
  const params = new WhisperFullParams(WhisperSamplingStrategy.Greedy)
  Object.assign(params, { language: 'auto', detectLanguage: true, nThreads: threads, printProgress: false })
  whisper.full(params, samples)
  process.stdout.write(JSON.stringify({ language: Whisper.lang(whisper.fullLangId) }) + '\\n')
}
const answer = async ({ path, dataAt, windows, least, ...how }) => {
  const audio = openSync(path)
  try {
    for (const window of windows) {
      const samples = samplesOf(audio, dataAt, window, least)
      if (how.findLanguage) findLanguage(samples, how)
      else await recognize(samples, how)
    }
  } finally {
    closeSync(audio)
  }
  return windows.length
}
const work = async () => {
  for await (const line of require('node:readline').createInterface({ input: process.stdin })) {
    const said = await answer(JSON.parse(line)).then((value) => ({ answer: value }), (error) => ({ error: error.message }))
    process.stdout.write(JSON.stringify(said) + '\\n')
  }
}
work().then(
  // The library keeps the process alive.
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
`
