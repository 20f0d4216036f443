/** The page of a job: its head, the graph, the table of steps. */
export const jobStyle = `
.job-head h1 { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; overflow-wrap: anywhere } .job-head .state { font-size: 15px }
.job-head .bar { margin-top: 8px } .crumbs { margin-bottom: 6px }
.actions { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; margin-top: 14px }
.link { font: inherit; font-weight: 600; color: var(--ink); background: none; border: 0; padding: 0; min-height: 24px; text-decoration: underline; cursor: pointer }
.tabs { display: flex; flex-wrap: wrap; gap: 2px; border-bottom: 1px solid var(--line); flex: 1 1 auto }
.tabs button { font: inherit; color: var(--soft); background: none; border: 0; border-bottom: 2px solid transparent; padding: 8px 12px; cursor: pointer; text-transform: capitalize; min-height: 36px }
.tabs button[aria-selected="true"] { color: var(--ink); border-bottom-color: var(--speech); font-weight: 600 }
.tabs kbd { font: 11px ui-monospace, "DejaVu Sans Mono", monospace; color: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 0 4px; margin-left: 6px; text-transform: none; font-weight: 400 }
input.wide { width: 320px }
.graph { overflow: auto; max-height: 70vh } .graph-ground { position: relative; margin: 4px }
.graph-ground > svg { overflow: visible; display: block } .graph-ground > svg path { fill: none; stroke: var(--line); stroke-width: 2 }
.box { position: absolute; font: inherit; text-align: left; color: var(--ink); background: var(--ground); border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: 8px; padding: 6px 10px; cursor: pointer; display: flex; flex-direction: column; gap: 3px; overflow: hidden }
.box:hover { border-color: var(--soft) } .box .bar { height: 4px }
.box.done { border-left-color: var(--good) } .box.failed { border-left-color: var(--bad) } .box.running { border-left-color: var(--speech) } .box.stopped { border-left-color: var(--warn) }
.box.hit, .box.quiet { background: var(--card); border-style: dashed; border-left-style: solid } .box, .box.done, .box.running, .box.failed { color: var(--ink) }
.box-name { flex: none; line-height: 22px; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis } .box-line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 8px; font-size: 13px; line-height: 18px; white-space: nowrap }
.strip { display: flex; gap: 1px; height: 6px; border-radius: 3px; overflow: hidden } .strip span { flex: 0 1 0; min-width: 2px; background: var(--line) }
.strip .done { background: var(--good) } .strip .hit { background: var(--quiet) } .strip .running { background: var(--speech) } .strip .failed { background: var(--bad) } .strip .stopped { background: var(--warn) }
.timeline { display: block } .timeline line { stroke: var(--line) } .timeline text { fill: currentColor; font-size: 12px } .timeline .tick { fill: var(--soft); font-size: 11px }
.timeline rect { opacity: .85; fill: var(--soft); cursor: pointer } .timeline rect.done { fill: var(--good) } .timeline rect.running { fill: var(--speech) } .timeline rect.failed { fill: var(--bad) } .timeline rect.stopped { fill: var(--warn) }
.steps { padding: 0; overflow: hidden } .steps-scroll { overflow: auto; position: relative } .steps-list { list-style: none; margin: 0; padding: 0; position: relative }
.steps-list li { position: absolute; left: 0; right: 0; height: 36px } .steps.narrow li, .steps.narrow .step-row { height: 60px }
.steps-head, .step-row { display: grid; grid-template-columns: 118px minmax(140px, 1fr) minmax(0, 1.4fr) 130px 90px; gap: 12px; align-items: center; padding: 0 16px; width: 100% }
.steps-head { color: var(--soft); font-weight: 600; font-size: 13px; height: 36px; border-bottom: 1px solid var(--line) }
.step-row { font: inherit; font-size: 14px; color: var(--ink); text-align: left; height: 36px; background: none; border: 0; border-bottom: 1px solid var(--line); cursor: pointer }
.step-row:hover, .step-row[aria-current="true"] { background: var(--ground) } .step-row:focus-visible { outline-offset: -2px }
.steps.no-memory .memory { display: none } .steps.no-memory .steps-head, .steps.no-memory .step-row { grid-template-columns: 118px minmax(140px, 1fr) minmax(0, 1.8fr) 112px }
.step-row > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .step-name { font-weight: 600 } .step-why { font-size: 13px }
.facts h2 { margin: 0 0 10px } dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; font-size: 13px } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.steps.narrow .steps-head, .steps.narrow .step-row .memory { display: none } .steps.narrow .step-row { grid-template-columns: minmax(0, 1fr) max-content; gap: 0 12px; padding: 0 12px; align-content: center }
.steps.narrow .state { grid-column: 2; grid-row: 1 } .steps.narrow .step-name { grid-column: 1; grid-row: 1 } .steps.narrow .step-why { grid-column: 1; grid-row: 2 } .steps.narrow .step-row > .num { grid-column: 2; grid-row: 2; font-size: 13px; color: var(--soft) }
@media (max-width: 700px) {
  input.wide { width: 100% } dl { grid-template-columns: 1fr } .facts dd + dt { margin-top: 6px } .tabs kbd { display: none } .tabs button { padding: 8px }
}
.would { line-height: 16px; font-size: 11px; border-radius: 99px; padding: 0 7px; border: 1px solid currentColor; color: var(--soft); background: var(--card) }
.would.runs { color: var(--warn); font-weight: 600 }
.plan { border: 1px solid var(--line); background: var(--card); border-radius: 10px; padding: 14px 18px; margin-top: 12px } .plan .cost { font-weight: 600 } .plan .notice { margin-top: 0 }
.plan-why { margin: 8px 0 0; padding-left: 18px; font-size: 14px; overflow-wrap: anywhere }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 14px 20px; margin-top: 14px }
.field { display: flex; flex-direction: column; gap: 4px } .field + .field { margin-top: 14px } .fields .field + .field { margin-top: 0 } .field input, .field select, .field textarea { width: 100%; min-height: 36px }
`
