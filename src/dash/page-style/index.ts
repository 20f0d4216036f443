import { drawerStyle } from './drawer.ts'
import { frameStyle } from './frame.ts'
import { jobStyle } from './job.ts'
import { listStyle } from './list.ts'

/** What the dashboard's style has besides that of every report. */
export const dashStyle = frameStyle + listStyle + jobStyle + drawerStyle
