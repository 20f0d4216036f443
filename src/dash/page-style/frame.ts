/** The frame of the dashboard, and what all its pages are made of. Colours are those of the reports. */
export const frameStyle = `
body { min-height: 100vh }
main { padding-top: 20px }
:focus-visible { outline: 2px solid var(--speech); outline-offset: 2px; border-radius: 4px }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.starting { padding: 48px 24px }
.top { display: flex; align-items: center; gap: 8px 24px; flex-wrap: wrap; padding: 0 24px; min-height: 52px; background: var(--card); border-bottom: 1px solid var(--line) }
.brand { font-weight: 700; font-size: 17px; color: var(--ink); text-decoration: none; letter-spacing: -.01em }
.top nav { display: flex; gap: 4px }
.top nav a { color: var(--soft); text-decoration: none; padding: 6px 10px; border-radius: 8px; min-height: 24px }
.top nav a:hover { color: var(--ink); background: var(--ground) }
.top nav a[aria-current] { color: var(--ink); background: var(--ground); font-weight: 600 }
.top .place { margin-left: auto; font-size: 12px; color: var(--soft); overflow-wrap: anywhere }
.lost { background: var(--warn); color: #fff; padding: 10px 24px; font-weight: 600 }
@media (prefers-color-scheme: dark) { .lost { color: #11161d } }
.button, button.button { display: inline-flex; align-items: center; gap: 6px; min-height: 34px; padding: 0 14px; border-radius: 8px; border: 1px solid transparent; background: #2563b8; color: #fff; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer }
.button:hover { background: #1d529b } .button[disabled] { opacity: .55; cursor: default }
.button.plain { background: var(--card); color: var(--ink); border-color: var(--line) } .button.plain:hover { border-color: var(--soft) }
.button.danger { background: var(--card); color: var(--bad); border-color: currentColor }
.button.danger:hover { background: var(--dead) }
.quiet-button { font: inherit; font-size: 12px; min-height: 24px; min-width: 24px; padding: 0 8px; color: var(--soft); background: none; border: 1px solid var(--line); border-radius: 6px; cursor: pointer }
.quiet-button:hover { color: var(--ink); border-color: var(--soft) }
.command { display: inline-flex; gap: 8px; align-items: center; max-width: 100%; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: 3px 4px 3px 10px }
.command code { overflow-wrap: anywhere }
.commands { list-style: none; margin: 16px 0 0; padding: 0; display: grid; gap: 10px }
.notice { border: 1px solid var(--line); border-left: 4px solid var(--soft); background: var(--card); border-radius: 8px; padding: 10px 14px; margin-top: 12px; overflow-wrap: anywhere }
.notice.bad { border-left-color: var(--bad); color: inherit } .notice.warn { border-left-color: var(--warn); color: inherit }
.below { margin-top: 12px }
.page-head { align-items: center } .page-head h1 { margin: 0 }
.hero { padding: 32px; margin-top: 24px }
.tools { display: flex; flex-wrap: wrap; gap: 10px 16px; align-items: center; margin-top: 16px }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0 }
.chips { display: flex; flex-wrap: wrap; gap: 6px }
.chip { font: inherit; font-size: 13px; min-height: 30px; padding: 0 12px; border-radius: 99px; border: 1px solid var(--line); background: var(--card); color: var(--ink); cursor: pointer }
.chip .count { color: var(--soft); font-variant-numeric: tabular-nums }
.chip[aria-pressed="true"] { border-color: var(--speech); box-shadow: inset 0 0 0 1px var(--speech); font-weight: 600 }
.state { display: inline-flex; gap: 6px; align-items: center; white-space: nowrap; font-weight: 600; color: var(--soft) }
.state svg { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; flex: none }
.state .half, .state .square { fill: none }
.state.done, .done { color: var(--good) } .state.failed { color: var(--bad) } .state.stopped { color: var(--warn) }
.state.running { color: var(--speech) } .state.hit { color: var(--soft) } .state.quiet { color: var(--soft); font-weight: 400 }
.state .ring { animation: turn 1.4s linear infinite }
@keyframes turn { to { transform: rotate(360deg) } }
@media (prefers-reduced-motion: reduce) { .state .ring { animation: none } * { transition: none; scroll-behavior: auto } }
.bar { appearance: none; display: block; width: 100%; height: 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--line) }
.bar::-webkit-progress-bar { background: var(--line) } .bar::-webkit-progress-value { background: var(--speech) } .bar::-moz-progress-bar { background: var(--speech) }
.bar.good::-webkit-progress-value { background: var(--good) } .bar.good::-moz-progress-bar { background: var(--good) }
.bar.bad::-webkit-progress-value { background: var(--bad) } .bar.bad::-moz-progress-bar { background: var(--bad) }
.num { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap } th.num { text-align: right }
`
