import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Returns the arguments with which Node runs `index-child.ts`. The built package has that program beside this module; from
 * source it is TypeScript, which needs jiti.
 */
export function indexChildProgram(): readonly string[] {
  if (!import.meta.url.endsWith('.ts')) return [fileURLToPath(new URL('./index-child.js', import.meta.url))]
  const jiti = dirname(createRequire(import.meta.url).resolve('jiti/package.json'))
  const register = pathToFileURL(join(jiti, 'lib', 'jiti-register.mjs')).href
  return ['--import', register, fileURLToPath(new URL('./index-child.ts', import.meta.url))]
}
