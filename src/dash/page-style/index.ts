import { frameStyle } from './frame.ts'
import { listStyle } from './list.ts'

/** What the dashboard's style has besides that of every report. */
export const dashStyle = frameStyle + listStyle
