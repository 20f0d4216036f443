/** What the page of a job has besides the look of every report. */
export const pageStyle = `
.status { font-size: 14px; vertical-align: middle } .done, .completed { color: var(--good) } .failed { color: var(--bad) }
.running, .interrupted, .cancelled { color: var(--warn) } .not-yet, .skipped, .never-run { color: var(--soft) }
.timeline { width: 100%; min-width: 640px; display: block } .timeline line { stroke: var(--line) }
.timeline text { fill: currentColor; font-size: 12px } .timeline .tick { fill: var(--soft); font-size: 11px }
.timeline rect { fill: currentColor } .timeline .critical { stroke: var(--ink); stroke-width: 2 }
.timeline .memory { fill: none; stroke: var(--soft); stroke-width: 1.5 }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; font: 12.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; overflow: auto; max-height: 420px; margin: 8px 0 0; white-space: pre-wrap; overflow-wrap: anywhere }
svg.wave { display: block; width: 100%; height: 56px; margin-top: 6px; background: var(--ground); border: 1px solid var(--line); border-radius: 8px } svg.wave path { stroke: var(--speech); fill: none } svg.wave rect { fill: var(--line); stroke: var(--ground) }
video { width: 100%; max-height: 480px; aspect-ratio: auto 16 / 9; background: #000; border-radius: 8px; margin-top: 6px } audio { width: 100%; margin-top: 6px }
img { max-width: 100%; max-height: 420px; border-radius: 8px; margin-top: 6px; display: block } .file { margin-top: 10px; overflow-wrap: anywhere }
summary { cursor: pointer; margin-top: 6px } code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; font-size: 13px } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
td { overflow-wrap: break-word } td:first-child { min-width: 160px; overflow-wrap: anywhere } td:last-child { min-width: 140px } .bad-card { border-left: 4px solid var(--bad) }
@media (max-width: 600px) { main { padding: 20px 12px 48px } dl { grid-template-columns: 1fr } }
`
