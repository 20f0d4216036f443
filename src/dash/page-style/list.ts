/** The list of jobs: a table, and cards where the window is narrow. */
export const listStyle = `
.list { padding: 0; overflow: hidden }
table.jobs td, table.jobs th { padding: 10px 16px; vertical-align: middle }
table.jobs { font-size: 14px; table-layout: fixed } .state-column { width: 138px } .pipeline-column { width: 15% } .progress-column { width: 27% } .runs-column { width: 76px } .when-column { width: 124px } table.jobs td { overflow-wrap: anywhere }
.job-link { font-weight: 600; color: var(--ink); text-decoration: none } .job-link:hover { text-decoration: underline }
tr.job { position: relative } tr.job:hover, tr.job:focus-within { background: var(--ground) }
.job-link::after { content: ""; position: absolute; inset: 0 } .job-link:focus-visible { outline: 0 } .job-link:focus-visible::after { outline: 2px solid var(--speech); outline-offset: -2px; border-radius: 6px }
.path { display: block; overflow-wrap: anywhere } .when { white-space: nowrap }
.share { min-width: 140px; vertical-align: middle } .inner { padding-left: 18px; color: var(--soft) }
@media (max-width: 700px) {
  .share, .wide-only { display: none } main { padding: 16px 12px 48px } .top { padding: 0 12px } .hero { padding: 20px }
  .tools input { width: 100% }
  table.jobs thead { display: none } table.jobs, table.jobs tbody { display: block }
  tr.job { display: grid; grid-template-columns: 1fr auto; gap: 4px 12px; padding: 12px 14px; border-bottom: 1px solid var(--line) }
  tr.job:last-child { border-bottom: 0 }
  table.jobs td { display: block; border: 0; padding: 0; width: auto } .job .name { grid-column: 1; grid-row: 1 }
  .job td:first-child { grid-column: 2; grid-row: 1 } .job .progress { grid-column: 1 / 3; grid-row: 3 } .job td[data-label="Pipeline"] { grid-column: 1; grid-row: 2 } .job .when { grid-column: 2; grid-row: 2 } .job .progress:empty { display: none }
  .job td[data-label] { font-size: 13px; color: var(--soft) } .job td[data-label="Runs"] { display: none } .job .when { text-align: right }
}
.slider { display: block } .slider input { display: block; width: min(480px, 100%); margin-top: 8px; padding: 0; accent-color: var(--speech) }
`
