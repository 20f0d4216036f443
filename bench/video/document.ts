/** What the scenes say: each has a title of its own and two sentences, of which no two are alike. */
const subjects = ['lighthouse', 'harbour', 'library', 'railway', 'garden', 'bakery', 'bridge', 'market'] as const
const ends = [
  'opened its doors before the end of the winter',
  'was painted again by those who live nearby',
  'keeps a book of everything that came and went',
  'is closed on the first Monday of the month',
  'has more visitors than anybody had expected',
] as const

/** Returns a document of scenes of text: paragraphs and lists take turns. */
export function documentOf(scenes: number): string {
  return Array.from({ length: scenes }, (_, index) => {
    const subject = subjects[index % subjects.length] ?? ''
    const sentences = [0, 1, 2].map((offset) => {
      const end = ends[(index + 2 * offset) % ends.length] ?? ''
      return `The ${subject} number ${index + 1} ${end}.`
    })
    const text = index % 2 === 0 ? sentences.join(' ') : sentences.map((sentence) => `- ${sentence}`).join('\n')
    return `# The ${subject}, part ${index + 1}\n\n${text}\n`
  }).join('\n')
}

/** Returns the document with one sentence changed, in its middle. */
export function changedDocument(scenes: number): string {
  const at = Math.floor(scenes / 2) + 1
  return documentOf(scenes).replace(`number ${at} `, `of number ${at} also `)
}
