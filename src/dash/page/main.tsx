import { signal } from '@preact/signals'
import { render } from 'preact'
import { NewJob } from './act/new-job.tsx'
import { CachePage } from './cache/cache-page.tsx'
import { JobPage } from './job/job-page.tsx'
import { JobsPage } from './jobs/jobs-page.tsx'
import { connection, startLive } from './live/live.ts'
import { announced } from './parts/bits.tsx'

const at = signal(location.hash)
addEventListener('hashchange', () => {
  at.value = location.hash
})

const connectionWords = {
  connecting: 'connecting',
  live: '',
  lost: 'Connection lost. The run goes on; this page will catch up.',
  ended: 'This dashboard was ended; the runs go on. Start it again with: reprise dash',
} as const

function App() {
  return (
    <>
      <header class="top">
        <a href="#/" class="brand">
          Reprise
        </a>
        <nav aria-label="Main">
          <a href="#/" aria-current={at.value === '' || at.value === '#/' ? 'page' : undefined}>
            Jobs
          </a>
          <a href="#/new" aria-current={at.value === '#/new' ? 'page' : undefined}>
            New job
          </a>
          <a href="#/cache" aria-current={at.value === '#/cache' ? 'page' : undefined}>
            Cache
          </a>
        </nav>
      </header>
      <Connection />
      <main>
        <Page />
      </main>
      <div class="unseen" role="status" aria-live="polite">
        {announced.value}
      </div>
    </>
  )
}

function Page() {
  const [name, id, view, step] = at.value
    .slice(2)
    .split('/')
    .map((part) => decodeURIComponent(part))
  if (name === 'job' && id !== undefined) return <JobPage key={id} id={id} view={view} step={step} />
  if (name === 'new') return <NewJob />
  if (name === 'cache') return <CachePage />
  return <JobsPage />
}

function Connection() {
  const words = connectionWords[connection.value]
  if (connection.value === 'live' || connection.value === 'connecting') return null
  return (
    <div class="lost" role="alert">
      {words}
    </div>
  )
}

const app = document.getElementById('app')
if (app !== null) {
  app.textContent = ''
  render(<App />, app)
  startLive()
}
