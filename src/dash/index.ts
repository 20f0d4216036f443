export { type Dash, type DashOptions, startDash } from './dash.ts'
export { type DashFile, freshAddress, readDashFile, writeDashFile } from './dash-file.ts'
