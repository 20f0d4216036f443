// Prints the goals of the terminal, the reports and the dashboard, each with its figure.
// Usage: node scripts/bench-seeing.mjs [--long] [G3 G7 ...]
import { loadavg } from 'node:os'
import { openBed } from '../bench/seeing/bed.mjs'
import { largeJobs, latency, longLog, report, sizes, starting, waveform } from '../bench/seeing/figures.mjs'
import { scores } from '../bench/seeing/lighthouse.mjs'

const args = process.argv.slice(2)
const isLong = args.includes('--long')
const chosen = args.filter((word) => /^G\d+$/.test(word))
const measures = [
  [['G3'], sizes],
  [['G4'], starting],
  [['G5', 'G6'], largeJobs],
  [['G7', 'G15'], (bed) => latency(bed, isLong)],
  [['G8'], longLog],
  [['G10'], waveform],
  [['G11'], report],
  [['G12'], scores],
]
const word = ({ isMet }) => (isMet === undefined ? '' : isMet ? 'yes' : 'no')
const tell = (row) => console.log(`| ${row.goal} | ${row.what} | ${row.figure} | ${row.target} | ${word(row)} |`)
console.log(`Node ${process.version}, load ${loadavg()[0].toFixed(1)}\n`)
console.log('| Goal | Measured | Figure | Aim | Met |\n| --- | --- | --- | --- | --- |')
for (const [goals, measure] of measures) {
  if (chosen.length > 0 && !goals.some((goal) => chosen.includes(goal))) continue
  const bed = await openBed()
  try {
    for (const row of await measure(bed)) tell(row)
  } catch (error) {
    process.exitCode = 1
    tell({ goal: goals.join(', '), what: 'could not be measured', figure: String(error).split('\n')[0], target: '' })
  } finally {
    await bed.close()
  }
}
console.log(`\nload at the end ${loadavg()[0].toFixed(1)}`)
