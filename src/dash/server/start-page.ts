/** The page at the printed address. It holds nothing of the jobs: the code stands in the fragment, which is not sent. */
export const startPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Reprise</title><link rel="icon" href="/start.svg"><link rel="stylesheet" href="/start.css"><script src="/start.js" defer></script></head>
<body><main><h1>Reprise</h1><p id="word" role="status">Opening the dashboard ...</p></main></body></html>
`

/** Exchanges the one-time code for a session, and takes the code out of the address and the history. */
export const startScript = `
const word = document.getElementById('word')
const [code, job] = location.hash.slice(1).split('.')
history.replaceState(null, '', '/')
const help = 'Print a fresh address with: reprise dash --url'
if (code === '') word.textContent = 'This address has no code. ' + help
else fetch('/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code }) })
  .then(async (answer) => {
    const { path, error } = await answer.json()
    if (answer.ok) location.replace(path + (job === undefined ? '' : '#/job/' + job))
    else word.textContent = error + '. ' + help
  })
  .catch(() => { word.textContent = 'The dashboard does not answer. Start it with: reprise dash' })
`

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2563b8"/><path d="M9 8v16M14 8v16l10-8z" stroke="#fff" stroke-width="3" stroke-linejoin="round" stroke-linecap="round" fill="none"/></svg>`
