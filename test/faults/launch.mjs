/**
 * Runs the TypeScript program that is named first, as `--import jiti/register` does, but without the thread that this
 * takes for the work: its messages would be system calls, too, and of any number. jiti keeps what it makes of a file
 * by the file alone, and this is made otherwise: hence a cache of its own.
 */
import { createJiti } from 'jiti'

const [node = '', , program = '', ...args] = process.argv
process.argv = [node, program, ...args]
const fsCache = new URL('../../node_modules/.cache/jiti-without-threads', import.meta.url).pathname
await createJiti(import.meta.url, { fsCache }).import(program)
