import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { keyFile } from './with-remote.ts'

/** `reprise remote keygen`: makes a key to sign results with. */
export const remoteKeygenCommand = command({
  name: 'remote keygen',
  description: "Makes a key to sign results with, and prints its public part for 'trust'.",
  positionals: [],
  flags: {
    output: {
      kind: 'text',
      letter: 'o',
      value: 'FILE',
      description: "The file to write; by default that of the user's own key. It must not exist.",
    },
    print: {
      kind: 'switch',
      description: 'Prints the private key, too, on one line for the secrets of a CI system, and writes no file.',
    },
  },
  notes: `Whoever has the private key can sign results that others take: keep it as you keep a password. The public key can be
known to anybody. The user's own key is used by itself; another one is named by REPRISE_REMOTE_SIGNING_KEY, which takes a
file or the key.`,
  examples: [
    { line: 'reprise remote keygen', does: 'makes your key, with which your results are signed from now on' },
    { line: 'reprise remote keygen --print', does: 'makes a key for CI' },
  ],
  async execute({ flags }, context) {
    const { newSigningKey } = await import('../../../store/index.ts')
    const { privateKey, publicKey } = await newSigningKey()
    if (flags.print) {
      const line = privateKey
        .split('\n')
        .filter((text) => !text.startsWith('-----'))
        .join('')
      context.stdout.write(`REPRISE_REMOTE_SIGNING_KEY=${line}\ntrust: ['${publicKey}']\n`)
      return exitCodes.ok
    }
    const path = flags.output === undefined ? await keyFile() : resolve(context.cwd, flags.output)
    if (path === undefined)
      return usageError(
        context,
        'remote keygen',
        'this user has no home directory for the key; name a file with -o FILE',
      )
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(path, privateKey, { flag: 'wx', mode: 0o600 })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      const why = code === 'EEXIST' ? 'a key is there already, and is kept; name another file with -o FILE' : code
      writeError(context, 'remote keygen', `cannot write ${displayPath(path, context.cwd)}: ${why}`)
      return exitCodes.usage
    }
    context.stdout.write(
      `wrote ${displayPath(path, context.cwd)}; whoever is to take your results lists this key in 'trust':\n${publicKey}\n`,
    )
    return exitCodes.ok
  },
})
