/** What the report of calls has besides the look of every report. */
export const style = `
td:first-child { min-width: 110px } .tile b { white-space: nowrap } .tags { margin-top: 6px }
.time { display: grid; grid-template-columns: 76px 1fr; gap: 0 10px; margin-top: 12px }
.names { display: grid; font-size: 13px } .names span { align-self: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.lanes { width: 100%; display: block; border-left: 1px solid var(--line); border-right: 1px solid var(--line) }
.lanes path { fill: none; stroke-width: 1.2 }
.speech { stroke: var(--speech); color: var(--speech) } .music { stroke: var(--music); color: var(--music) }
.noise { stroke: var(--noise); color: var(--noise) } .tone { stroke: var(--tone); color: var(--tone) }
.silence { stroke: var(--quiet); color: var(--quiet) } .both { fill: var(--both) } .dead { fill: var(--dead) }
.axis { grid-column: 2; display: flex; justify-content: space-between; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 14px 28px; margin-top: 12px; font-size: 13px }
.facts h4 { margin: 0 0 2px; font-size: 12px; font-weight: 600; color: var(--soft) } .num { font-variant-numeric: tabular-nums }
.share { display: flex; height: 10px; border-radius: 5px; overflow: hidden; background: var(--line); margin: 4px 0 }
.share i { background: var(--speech) } .share i + i { opacity: .5 }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin-top: 14px }
.key i { display: inline-block; width: 14px; height: 10px; border-radius: 2px; margin-right: 6px; background: currentColor }
.key .both, .key .dead { color: inherit } .key .both i { background: #e9b93aaa } .key .dead i { background: #d9485366 }
`
