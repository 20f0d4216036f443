import { fileURLToPath, pathToFileURL } from 'node:url'
import { createJiti } from 'jiti'

// The benches are TypeScript; what they measure is the build, loaded as a user's program loads it.
process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const built = (name) => fileURLToPath(new URL(`../dist/${name}`, import.meta.url))
const storeModule = built('store.js')
const store = await import(pathToFileURL(storeModule).href)

const { main } = await createJiti(import.meta.url).import('../bench/main.ts')
process.exitCode = await main(process.argv.slice(2), {
  cli: built('cli.cjs'),
  api: built('index.js'),
  loadApi: () => import(pathToFileURL(built('index.js')).href),
  storeModule,
  digestWorker: built('digest-worker.js'),
  store,
  async openStore(dir, options) {
    const opened = await store.openStore({ dir, ...options })
    if (!opened.ok) throw new Error(`the store cannot be opened: ${JSON.stringify(opened.error)}`)
    return opened.value
  },
})
