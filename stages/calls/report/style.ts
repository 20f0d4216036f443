/** The look of the report: one column, light or dark as the reader's system is, and fit to be printed. */
export const style = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #5d6b7c; --line: #dfe4ea;
  --speech: #2563b8; --music: #a33fb0; --noise: #8a8f98; --tone: #c77700; --quiet: #b9c2cd; --both: #f4c84a66;
  --dead: #d9485322; --good: #1d7f4b; --bad: #c02f3c; --warn: #a86200 }
@media (prefers-color-scheme: dark) { :root { --ground: #11161d; --card: #1a212b; --ink: #e6ebf1; --soft: #9aa8b8;
  --line: #2d3744; --speech: #6aa8f5; --music: #d388e0; --noise: #8d96a3; --tone: #f0ac4a; --quiet: #465260;
  --both: #e0b43a44; --dead: #ff6b7830; --good: #5fcf93; --bad: #ff7c88; --warn: #f0ac4a } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 18px; margin: 36px 0 12px }
h3 { font-size: 16px; margin: 0; overflow-wrap: anywhere }
p { margin: 0 } .soft { color: var(--soft) } .small { font-size: 13px }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px }
.tile { padding: 12px 16px } .tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums }
.card { padding: 16px 20px; margin-top: 14px; break-inside: avoid }
.head { display: flex; flex-wrap: wrap; gap: 4px 16px; justify-content: space-between; align-items: baseline }
.tag { display: inline-block; border-radius: 99px; padding: 0 9px; font-size: 12px; line-height: 20px; border: 1px solid currentColor }
.tags { margin-top: 6px } .good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
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
table { border-collapse: collapse; width: 100%; font-size: 13px } th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 600 } tr:last-child td { border-bottom: 0 } .scroll { overflow-x: auto }
input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 5px 12px; width: 260px; max-width: 100% }
a { color: var(--speech) } .hidden { display: none }
@media print { body { background: none } .find { display: none } }
`
