/** The look of the preview: a stage that is always dark, around it what the reader's system asks for. */
export const previewStyle = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #0b1020); --card: light-dark(#ffffff, #121a2e); --text: light-dark(#111827, #e8ecf4);
  --muted: light-dark(#5b6475, #98a3b8); --line: light-dark(#dfe3ea, #26314b); --accent: light-dark(#2563eb, #7aa2ff);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 48px }
h1 { margin: 0; font-size: 26px; line-height: 1.2 }
.facts { margin: 4px 0 18px; color: var(--muted) }
.stage { background: #05070f; border-radius: 14px; padding: 22px 22px 16px; color: #dfe6f5 }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 14px }
.tile { height: 96px; border-radius: 10px; background: #0d1322; padding: 10px 12px; position: relative; overflow: hidden }
.tile i { position: absolute; inset: 0; opacity: 0 }
.tile b, .tile span { position: relative; display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-shadow: 0 1px 3px #000a }
.tile span { font-size: 13px; opacity: .85 }
.now { display: flex; gap: 18px; align-items: baseline; margin-top: 16px; min-height: 26px }
.now .beat { font-variant-numeric: tabular-nums; color: #9fb0d0; white-space: nowrap }
.now .sung { flex: 1; text-align: center; font-size: 18px }
.now .sung em { font-style: normal; color: #ffd166 }
.player { display: flex; gap: 14px; align-items: center; margin: 16px 0 }
.player audio { flex: 1; min-width: 200px }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 14px 16px; overflow: hidden }
canvas { display: block; width: 100%; cursor: pointer }
.lanes { display: grid; grid-template-columns: minmax(70px, 140px) 1fr; gap: 0 12px; align-items: start }
.names div { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--muted); font-size: 13px; height: 26px; line-height: 26px }
.names div.head { height: 118px; line-height: 20px }
.hint { color: var(--muted); font-size: 13px; margin: 10px 2px 0 }
@media (max-width: 560px) { .lanes { grid-template-columns: 1fr } .names { display: none } .now { flex-wrap: wrap } }
`
