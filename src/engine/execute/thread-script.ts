/**
 * What runs in a stage's thread: it calls the default export of a module, and says how far it is and how it ended. It
 * is
 * text, so that programs and bundles need no file of their own for it.
 */
export const threadScript = `
const { parentPort, workerData } = require('node:worker_threads')
const { module, argument, loader } = workerData
class Refusal extends Error {}
const post = (message) => parentPort.postMessage(message)
let toldMs = Number.NEGATIVE_INFINITY
const context = {
  progress: (fraction, note) => {
    // A tight loop would flood the main thread with messages.
    if (fraction < 1 && performance.now() - toldMs < 50) return
    toldMs = performance.now()
    post({ kind: 'progress', fraction, note })
  },
  log: (line) => post({ kind: 'log', line: String(line) }),
  fail: (message) => {
    throw new Refusal(message)
  },
}
const importTypeScript = ({ path, kind, keptIn }) => {
  const made = require(path)
  const loader = kind === 'jiti' ? made.createJiti(module, { fsCache: false }) : made.typeScriptLoader(module, { keptIn })
  return loader.import(module)
}
const call = async () => {
  const loaded = await (loader === undefined ? import(module) : importTypeScript(loader))
  const work = loaded.default
  if (typeof work !== 'function') throw new TypeError('its default export is not a function: ' + module)
  return work(argument, context)
}
call()
  .then((value) => post({ kind: 'done', value }))
  .catch((error) => {
    const said = error instanceof Error ? error : new Error(String(error))
    const kind = error instanceof Refusal ? 'refused' : 'failed'
    post({ kind, message: said.message, stack: said.stack ?? '' })
  })
`
