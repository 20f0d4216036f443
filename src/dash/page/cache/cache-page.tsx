import { useEffect, useState } from 'preact/hooks'
import { get, wordsOf } from '../live/server.ts'
import { Bar, Command, Notice } from '../parts/bits.tsx'
import { countText, durationText, sizeText } from '../parts/words.ts'
import { Forget } from './forget.tsx'
import { Limit } from './limit.tsx'

/** What `cache stats --json` prints, as far as the page shows it. */
interface Stats {
  readonly dir: string
  readonly actions: number
  readonly jobs: number
  readonly maxSizeBytes: number
  readonly inline: { readonly bytes: number }
  readonly outOfLine: { readonly bytes: number; readonly count: number }
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number }
  readonly steps: readonly {
    readonly pipeline: string
    readonly step: string
    readonly actions: number
    readonly bytes: number
    readonly hits: number
    readonly savedMs: number
  }[]
}

interface Row {
  readonly name: string
  readonly actions: number
  readonly bytes: number
  readonly hits: number
  readonly savedMs: number
}

/** What takes the space, in bytes and in the time that it saved; what a limit would remove; and forgetting a recording. */
export function CachePage() {
  const [stats, setStats] = useState<Stats | { readonly problem: string }>()
  const [opened, setOpened] = useState<string>()
  const read = () => {
    get<{ readonly report: Stats }>('api/cache').then(
      ({ report }) => setStats(report),
      (error: unknown) => setStats({ problem: wordsOf(error) }),
    )
  }
  useEffect(read, [])
  if (stats === undefined) return <p class="soft starting">Reading the store ...</p>
  if ('problem' in stats) return <Notice tone="warn">{stats.problem}</Notice>
  const used = stats.inline.bytes + stats.outOfLine.bytes
  const pipelines = grouped(stats.steps, ({ pipeline }) => pipeline)
  const steps = grouped(
    stats.steps.filter(({ pipeline }) => pipeline === opened),
    ({ step }) => step.split('/')[0] ?? step,
  )
  return (
    <>
      <h1>Cache</h1>
      <p class="soft path">{stats.dir}</p>
      <div class="tiles">
        <Tile value={sizeText(used)} label={`of ${sizeText(stats.maxSizeBytes)}, the limit`} />
        <Tile value={String(stats.actions)} label={`results of ${countText(stats.jobs, 'job')}`} />
        <Tile value={durationText(pipelines.reduce((sum, { savedMs }) => sum + savedMs, 0))} label="saved so far" />
        <Tile value={sizeText(stats.disk.freeBytes)} label="free on the disk" />
      </div>
      {stats.actions === 0 ? (
        <Notice>Nothing is kept yet. Each step that runs keeps its result here, and no run computes it again.</Notice>
      ) : (
        <>
          <Space pipelines={pipelines} steps={steps} total={used} opened={opened} open={setOpened} />
          <Limit usedBytes={used} onRemoved={read} />
          <Forget onRemoved={read} />
        </>
      )}
      <p class="below">
        <Command line="reprise cache stats" />
      </p>
    </>
  )
}

interface SpaceProps {
  readonly pipelines: readonly Row[]
  /** Those of the pipeline that is opened. */
  readonly steps: readonly Row[]
  readonly total: number
  readonly opened: string | undefined
  readonly open: (name: string | undefined) => void
}

/** The pipelines by size, and the steps of one of them. */
function Space({ pipelines, steps, total, opened, open }: SpaceProps) {
  return (
    <>
      <h2>What takes the space</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section class="card scroll" tabIndex={0} aria-label="What takes the space">
        <table>
          <thead>
            <tr>
              <th>Pipeline</th>
              <th class="share">Share</th>
              <th class="num">Size</th>
              <th class="num wide-only">Results</th>
              <th class="num">Hits</th>
              <th class="num">Saved</th>
            </tr>
          </thead>
          <tbody>
            {pipelines.flatMap((row) => [
              <Line
                key={row.name}
                row={row}
                total={total}
                isOpen={opened === row.name}
                onOpen={() => open(opened === row.name ? undefined : row.name)}
              />,
              ...(opened === row.name
                ? steps.map((step) => <Line key={`${row.name} ${step.name}`} row={step} total={total} />)
                : []),
            ])}
          </tbody>
        </table>
      </section>
    </>
  )
}

function Tile({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <div class="tile">
      <b>{value}</b>
      <span class="soft small">{label}</span>
    </div>
  )
}

interface LineProps {
  readonly row: Row
  readonly total: number
  readonly isOpen?: boolean
  readonly onOpen?: () => void
}

function Line({ row: { name, bytes, actions, hits, savedMs }, total, isOpen, onOpen }: LineProps) {
  return (
    <tr>
      <td>
        {onOpen === undefined ? (
          <span class="inner">{name}</span>
        ) : (
          <button type="button" class="link" aria-expanded={isOpen === true} onClick={onOpen}>
            {name}
          </button>
        )}
      </td>
      <td class="share">
        <Bar
          value={total === 0 ? 0 : bytes / total}
          label={`${Math.round((100 * bytes) / Math.max(1, total))}% of the store`}
        />
      </td>
      <td class="num">{sizeText(bytes)}</td>
      <td class="num wide-only">{actions}</td>
      <td class="num">{hits}</td>
      <td class="num">{durationText(savedMs)}</td>
    </tr>
  )
}

function grouped(steps: Stats['steps'], nameOf: (step: Stats['steps'][number]) => string): readonly Row[] {
  const rows = new Map<string, Row>()
  for (const step of steps) {
    const name = nameOf(step)
    const { actions = 0, bytes = 0, hits = 0, savedMs = 0 } = rows.get(name) ?? {}
    rows.set(name, {
      name,
      actions: actions + step.actions,
      bytes: bytes + step.bytes,
      hits: hits + step.hits,
      savedMs: savedMs + step.savedMs,
    })
  }
  return [...rows.values()].sort((a, b) => b.bytes - a.bytes)
}
