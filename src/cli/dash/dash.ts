import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { noStorePlace, storeDir } from '../command-line/store-location.ts'
import { openDash } from './open-dash.ts'

const portMax = 65535

/** `reprise dash`: shows all jobs of a store in the browser. */
export const dashCommand = command({
  name: 'dash',
  description: 'Shows all jobs of the store in the browser, and lets you act on them.',
  positionals: [],
  flags: {
    port: { kind: 'count', value: 'N', description: 'The port; by default a free one.' },
    host: {
      kind: 'text',
      value: 'ADDRESS',
      description: 'Listens on another address than 127.0.0.1, so that other machines reach the dashboard.',
    },
    'no-open': { kind: 'switch', description: 'Only prints the address, and opens no browser.' },
    url: { kind: 'switch', description: 'Prints a fresh address of the dashboard that runs already.' },
    ...storeFlags,
  },
  notes: `The dashboard is a view: it may be closed or killed at any time, and the runs go on. Each address opens it once, in one
browser, within ten minutes; after that, --url prints another. Ctrl-C ends the dashboard.

It listens on this machine only, and answers no other page and no other user. With --host, whoever can read the network
can read what the dashboard shows, because it speaks plain HTTP.`,
  examples: [
    { line: 'reprise dash', does: 'opens the dashboard in the browser' },
    {
      line: 'reprise dash --no-open --port 7878',
      does: 'prints its address: for a machine that you reach by ssh -L 7878:127.0.0.1:7878',
    },
    { line: 'reprise dash --url', does: 'prints an address for another browser' },
  ],
  async execute({ flags }, context) {
    const { stdout } = context
    if (flags.port !== undefined && flags.port > portMax)
      return usageError(context, 'dash', `--port takes a number up to ${portMax}`)
    const store = await storeDir(flags.store, context)
    if (store === undefined) {
      writeError(context, '', noStorePlace)
      return exitCodes.storeUnusable
    }
    if (flags.url) {
      const { freshAddress, readDashFile } = await import('../../dash/index.ts')
      const file = readDashFile(store, context.env)
      const address = file === undefined ? undefined : await freshAddress(file)
      if (address === undefined) {
        writeError(context, 'dash', 'no dashboard runs for this store; start one with: reprise dash')
        return exitCodes.stepFailed
      }
      stdout.write(`${address}\n`)
      return exitCodes.ok
    }
    const interrupt = interruptOn(process, () => {})
    const opened = await openDash(
      { store, storeFlag: flags.store, port: flags.port, host: flags.host, opens: !flags['no-open'] },
      context,
    )
    if (!opened.ok) {
      interrupt.dispose()
      writeError(context, 'dash', opened.error)
      return exitCodes.stepFailed
    }
    if (!interrupt.signal.aborted)
      await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }))
    interrupt.dispose()
    await opened.value.close()
    return exitCodes.ok
  },
})
