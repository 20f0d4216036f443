import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Result } from '../../store/index.ts'
import { Commands } from './actions/commands.ts'
import type { Gate } from './gate/gate.ts'
import { hostsOf } from './gate/guard.ts'
import { Sessions } from './gate/sessions.ts'
import { JobHub } from './jobs/job-hub.ts'
import { jobId } from './jobs/job-rows.ts'
import { StoreAccess } from './jobs/store-access.ts'
import { Media } from './media/media.ts'
import { actionRoutes } from './server/action-routes.ts'
import { cacheRoutes } from './server/cache-routes.ts'
import { editRoutes } from './server/edit-routes.ts'
import { EventStream } from './server/event-stream.ts'
import { createDashServer } from './server/http-server.ts'
import { jobRoutes } from './server/job-routes.ts'
import { mediaRoutes } from './server/media-routes.ts'
import { pageRoutes } from './server/page-routes.ts'
import { runRoutes } from './server/run-routes.ts'
import { stepRoutes } from './server/step-routes.ts'

export interface DashOptions {
  readonly storeDir: string
  /** Where it was started. */
  readonly root: string
  readonly version: string
  /** The command line of Reprise: the program and its first words. */
  readonly program: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The store as it was named, where it was. */
  readonly storeFlag?: string
  /** Where the build put the script of the page. */
  readonly scriptDir: string
  /** 0 chooses a free one. */
  readonly port?: number
  /** Another name or address than this machine's own, for those who want that. */
  readonly host?: string
  readonly showPath: (path: string) => string
  readonly onBug: (error: unknown) => void
}

/** A dashboard that is listening. */
export interface Dash {
  readonly port: number
  /** For `reprise dash --url`. */
  readonly token: string
  /** Returns an address with a new one-time code; `jobDir` is the job that it opens. */
  address(jobDir?: string): string
  close(): Promise<void>
}

/** Starts the dashboard of a store; fails where the port is taken. */
export async function startDash(options: DashOptions): Promise<Result<Dash, string>> {
  const { storeDir, root, version, host, showPath, onBug } = options
  const sessions = new Sessions()
  const stream = new EventStream()
  const store = new StoreAccess(storeDir)
  const hub = new JobHub({ store, showPath, onMessage: (message) => stream.send(message) })
  const commands = new Commands({
    program: options.program,
    cwd: root,
    env: options.env,
    storeDir,
    ...(options.storeFlag === undefined ? {} : { storeFlag: options.storeFlag }),
  })
  const media = new Media(options.env)
  const routes = [
    ...pageRoutes(options.scriptDir),
    ...jobRoutes(hub, stream, { version, root, store: storeDir, canAct: true }),
    ...stepRoutes(hub, store, media),
    ...mediaRoutes(hub, media),
    ...actionRoutes({ hub, store, onBug, commands, root }),
    ...runRoutes({ hub, commands, root, showPath }),
    ...editRoutes({ hub, commands, root }),
    ...cacheRoutes(commands),
  ]
  const gate: Gate = { sessions, routes, hosts: [] }
  const servers = await listen(gate, host ?? '127.0.0.1', options.port ?? 0, onBug)
  if (!servers.ok) return servers
  const [{ port }] = servers.value
  gate.hosts = hostsOf(port, host)
  const looking = hub.run().catch(onBug)
  return {
    ok: true,
    value: {
      port,
      token: sessions.token,
      address: (jobDir) => {
        const job = jobDir === undefined ? '' : `.${jobId(jobDir)}`
        return `http://${host ?? '127.0.0.1'}:${port}/#${sessions.issueCode()}${job}`
      },
      close: async () => {
        stream.close()
        await Promise.all(servers.value.map(({ server }) => end(server)))
        await Promise.all([commands.close(), media.close()])
        await hub.close()
        await looking
        await store.close()
      },
    },
  }
}

interface Listening {
  readonly server: Server
  readonly port: number
}

/** Listens on both loopback addresses where the machine has both; `localhost` may mean either. */
async function listen(
  gate: Gate,
  host: string,
  port: number,
  onBug: (error: unknown) => void,
): Promise<Result<readonly [Listening, ...Listening[]], string>> {
  const server = createDashServer(gate, onBug)
  const first = await listenOn(server, host, port)
  if (!first.ok) return first
  const main = { server, port: first.value }
  if (host !== '127.0.0.1') return { ok: true, value: [main] }
  const other = createDashServer(gate, onBug)
  const second = await listenOn(other, '::1', main.port)
  return { ok: true, value: second.ok ? [main, { server: other, port: main.port }] : [main] }
}

function listenOn(server: Server, host: string, port: number): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : (error.code ?? error.message)
      resolve({ ok: false, error: `cannot listen on ${host}, port ${port}: ${why}` })
    })
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      resolve({ ok: true, value: isAddress(address) ? address.port : port })
    })
  })
}

function isAddress(address: ReturnType<Server['address']>): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
