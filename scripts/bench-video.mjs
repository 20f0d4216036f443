import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const { main } = await createJiti(import.meta.url).import(path('bench/video/main.ts'))
process.exitCode = await main(process.argv.slice(2), path('dist/cli.cjs'))
