/** The drawer with one step, its log, and what shows files. */
export const drawerStyle = `
.drawer { position: fixed; top: 0; right: 0; bottom: 0; width: min(680px, 100vw); background: var(--card); border-left: 1px solid var(--line); box-shadow: -12px 0 32px #0002; padding: 18px 22px 40px; overflow: auto; z-index: 5 }
.drawer:focus { outline: 0 } .drawer-head h2 { margin: 0; overflow-wrap: anywhere } .drawer-facts { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 6px 0 } .drawer .tabs { margin: 16px 0 14px }
.lines { white-space: pre-wrap }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; font: 12.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; overflow: auto; max-height: 420px; margin: 8px 0 0; white-space: pre-wrap; overflow-wrap: anywhere }
code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
summary { cursor: pointer; margin-top: 6px; min-height: 24px }
.why-part { margin-top: 12px } .old-new { margin-top: 4px; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px } .old-new code { white-space: pre-wrap }
del { background: var(--dead); color: var(--bad); text-decoration: line-through } ins { background: #1d7f4b22; color: var(--good); text-decoration: none; font-weight: 600 }
.log .tools { margin: 0 0 10px } .log-scroll { height: min(60vh, 640px); overflow: auto; background: var(--ground); border: 1px solid var(--line); border-radius: 8px } .log-lines { position: relative; min-width: max-content }
.log-line { position: absolute; left: 0; height: 19px; font: 12.5px/19px ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre; padding-right: 16px } .log-line.found { background: var(--both) }
.log-number { display: inline-block; width: 5.5em; padding-right: 1em; text-align: right; color: var(--soft); user-select: none } mark { background: var(--both); color: inherit; outline: 1px solid var(--warn) }
.output + .output { margin-top: 22px } .output h2 { margin: 0 } .file { margin-top: 10px; overflow-wrap: anywhere } .file a { display: inline-block; min-height: 24px }
video { width: 100%; max-height: 480px; background: #000; border-radius: 8px; margin-top: 6px } video.sound { height: 54px; background: none } img { max-width: 100%; max-height: 420px; border-radius: 8px; margin-top: 6px; display: block }
.wave canvas { display: block; width: 100%; height: 96px; margin-top: 8px; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; cursor: crosshair; touch-action: manipulation }
.wave-tools { display: flex; flex-wrap: wrap; gap: 4px 16px; justify-content: space-between; align-items: center; margin-top: 4px } .quiet-button[aria-pressed="true"] { color: var(--ink); border-color: var(--speech); font-weight: 600 }
input.time { width: 84px } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; margin-top: 8px } .pair figure { margin: 0; padding: 6px; border: 2px solid transparent; border-radius: 10px } .pair .heard { border-color: var(--speech) } .in-step input[type="range"] { flex: 1 1 160px; padding: 0; accent-color: var(--speech) } .in-step .tools { margin-top: 8px }
.in-step kbd, .button kbd { font: 11px ui-monospace, "DejaVu Sans Mono", monospace; border: 1px solid currentColor; border-radius: 4px; padding: 0 4px; margin-left: 4px }
.cues ol { list-style: none; margin: 8px 0 0; padding: 0; max-height: 260px; overflow: auto; border: 1px solid var(--line); border-radius: 8px }
.cues li > button { font: inherit; font-size: 14px; display: block; width: 100%; text-align: left; background: none; border: 0; color: var(--ink); padding: 5px 12px; cursor: pointer; min-height: 28px } .cues li > button:hover { background: var(--ground) } .cues li > button[aria-current="true"] { background: var(--both) }
.cues .tools { margin-top: 8px } .editor ol { max-height: min(60vh, 560px) } .editor li { border-bottom: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 54px } .editor li:last-child { border-bottom: 0 } .editor li.chosen { box-shadow: inset 4px 0 var(--speech); padding: 8px 0 }
.editor .quiet-button { width: auto; padding: 2px 10px; border: 1px solid var(--line); background: var(--card); font-size: 12px } .editor .button { width: auto; display: inline-flex } .editor .button:not(.plain) { background: #2563b8; color: #fff } .editor .button.plain { border: 1px solid var(--line) }
.cue-fields { display: grid; grid-template-columns: 150px minmax(0, 1fr); gap: 8px 12px; padding: 0 12px } .cue-times { display: grid; gap: 6px; align-content: start } .cue-times label { display: flex; justify-content: space-between; align-items: center; gap: 6px } .cue-times input { width: 104px; min-height: 30px; padding: 2px 8px } .cue-buttons { grid-column: 1 / 3; display: flex; flex-wrap: wrap; gap: 6px }
.editor textarea { width: 100%; resize: vertical; font-size: 15px } .editor [aria-invalid="true"] { border-color: var(--bad); outline: 1px solid var(--bad) }
.measures { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 2px 0 4px; padding: 0 12px; justify-content: flex-start; white-space: normal; text-align: left } .over { color: var(--warn); font-weight: 600 } .saving { margin: 0; font-weight: 600; flex: 1 1 200px } .saving.soft { font-weight: 400 }
.keys { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); margin-top: 8px } .keys div { display: flex; gap: 8px; align-items: baseline } .editor kbd { font: 11px ui-monospace, "DejaVu Sans Mono", monospace; border: 1px solid var(--line); border-radius: 4px; padding: 0 4px }
.conflicts pre, .editor .notice pre { white-space: pre-wrap; overflow: visible } .conflicts ul { list-style: none; padding: 0; margin: 8px 0 0 } .conflicts li { content-visibility: visible }
select, textarea { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 5px 10px; min-height: 34px; max-width: 100% }
@media (max-width: 700px) { .pair { grid-template-columns: 1fr } .cue-fields { grid-template-columns: 1fr } .cue-buttons { grid-column: 1 } .drawer { padding: 14px 12px 40px } }
`
