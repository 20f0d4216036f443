import { arch, availableParallelism, platform, release, totalmem } from 'node:os'
import { sizeText } from '../../report/text/amounts.ts'
import type { DoctorReport } from './doctor-report.ts'

/** Returns what an issue about Reprise should say of a machine, as Markdown: versions, and no path or name of anybody. */
export function issueBlock({ reprise, node, device, store, tools, models, problems = [] }: DoctorReport): string {
  const rows: readonly (readonly [string, string])[] = [
    ['reprise', reprise],
    ['node', node],
    ['system', `${platform()} ${release()} ${arch()}, ${availableParallelism()} cores, ${sizeText(totalmem())}`],
    ['device', device.device],
    ['store', store.problem === undefined ? 'can be used' : 'cannot be used'],
    ...tools.flatMap(({ name, version, problem, with: choice }) =>
      problem === undefined
        ? [[name, version ?? ''] as const]
        : choice === undefined
          ? [[name, 'missing'] as const]
          : [],
    ),
    ['models', models.installed.join(', ') || 'none'],
    ...(problems.length === 0 ? [] : [['problems', String(problems.length)] as const]),
  ]
  return [
    '<details><summary>reprise doctor</summary>',
    '',
    '| | |',
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${name} | ${value.replace(/[|<>\n]/g, ' ')} |`),
    '',
    '</details>',
  ].join('\n')
}
