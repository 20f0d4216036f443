/** The look of a report: one column, light or dark as the reader's system is, and fit to be printed. */
export const reportStyle = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #5d6b7c; --line: #dfe4ea;
  --speech: #2563b8; --music: #a33fb0; --noise: #8a8f98; --tone: #c77700; --quiet: #b9c2cd; --both: #f4c84a66;
  --dead: #d9485322; --good: #1d7f4b; --bad: #c02f3c; --warn: #945600 }
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
table { border-collapse: collapse; width: 100%; font-size: 13px } th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 600 } th, td.num, .tag { white-space: nowrap } tr:last-child td { border-bottom: 0 } .scroll { overflow-x: auto }
input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 5px 12px; width: 260px; max-width: 100% }
a { color: var(--speech) } .hidden { display: none }
@media print { body { background: none } .find { display: none } }
`
