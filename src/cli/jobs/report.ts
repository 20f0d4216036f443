import { dirname, join, relative, resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure, usageError, writeError } from '../command-line/error-line.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { readJobReport } from './jobs-status.ts'
import { writeCrate, writeProv } from './provenance.ts'

/** `reprise report`: writes what became of a job as a page for people, or as Markdown. */
export const reportCommand = command({
  name: 'report',
  description: 'Writes a report of a job: one page with what failed, what was made, when and why each step ran.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    output: {
      kind: 'text',
      value: 'FILE',
      letter: 'o',
      description: "Where the page goes; by default report.html in the job directory. '-' is standard output.",
    },
    markdown: {
      kind: 'switch',
      description: 'Writes Markdown to standard output: for a pull request, or the summary of a CI job.',
    },
    json: { kind: 'switch', description: 'Writes what the report says as one JSON object.' },
    crate: {
      kind: 'switch',
      description:
        'Makes the job directory an RO-Crate: writes ro-crate-metadata.json, pipeline.json and README.md into it.',
    },
    author: { kind: 'text', value: 'NAME', description: 'The person who made the job, for --crate.' },
    organization: { kind: 'text', value: 'NAME', description: 'Who publishes it, for --crate.' },
    'organization-url': { kind: 'text', value: 'URL', description: 'The address of the organization, for --crate.' },
    prov: { kind: 'switch', description: 'Writes to standard output as PROV-JSON how each file was made.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  notes: `The page needs no network and no server. Short texts and pictures are in it; films and sounds are linked, and play as long as
the page is where it was written. Where ffmpeg is installed, it shows how loud they are, with the subtitles on that. Secrets are in no report.

An RO-Crate is a folder with its own description, which archives read: here a Provenance Run Crate 0.5. The inputs are in it by
their digests alone.`,
  examples: [
    { line: 'reprise report ./subtitles-talk', does: 'writes ./subtitles-talk/report.html' },
    { line: 'reprise report ./subtitles-talk --markdown >>"$GITHUB_STEP_SUMMARY"', does: 'shows it in a CI job' },
    { line: 'reprise report ./subtitles-talk --crate', does: 'describes how each file was made, for archives' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const jobDir = resolve(cwd, positionals[0] ?? '')
    if (flags.markdown && (flags.json || flags.output !== undefined))
      return usageError(context, 'report', '--markdown goes to standard output: leave out --json and --output')
    if (flags.crate || flags.prov) {
      if (flags.crate && flags.prov)
        return usageError(context, 'report', '--crate and --prov are two forms; ask for one of them')
      if (flags.markdown || flags.json || flags.output !== undefined)
        return usageError(
          context,
          'report',
          `--${flags.crate ? 'crate' : 'prov'} takes no --markdown, --json or --output`,
        )
    }
    const { author, organization, 'organization-url': organizationUrl } = flags
    if (!flags.crate && (author !== undefined || organization !== undefined))
      return usageError(context, 'report', '--author and --organization are written into a crate: add --crate')
    if (organizationUrl !== undefined && (organization === undefined || !URL.canParse(organizationUrl)))
      return usageError(
        context,
        'report',
        '--organization-url is the address of --organization, as https://example.org',
      )
    if (flags.prov) return writeProv(jobDir, context)
    const found = await readJobReport(jobDir, flags, context)
    if (!found.ok) return reportFailure(context, 'report', found.error)
    if (flags.crate) {
      const people = {
        ...(author === undefined ? {} : { author }),
        ...(organization === undefined ? {} : { organization }),
        ...(organizationUrl === undefined ? {} : { organizationUrl }),
      }
      return writeCrate(found.value.status, people, context)
    }
    const { reportedJob } = await import('../../engine/index.ts')
    const report = await reportedJob(found.value.status)
    if (flags.json) {
      stdout.write(`${JSON.stringify(report)}\n`)
      return exitCodes.ok
    }
    if (flags.markdown) {
      const { jobMarkdown } = await import('../../report/text/job-markdown.ts')
      stdout.write(jobMarkdown(report))
      return exitCodes.ok
    }
    const { withWaves } = await import('../../engine/index.ts')
    const { jobPage } = await import('../../report/html/job-page.ts')
    const target = flags.output === '-' ? undefined : resolve(cwd, flags.output ?? join(jobDir, 'report.html'))
    const from = target === undefined ? cwd : dirname(target)
    const linkTo = (path: string) => relative(from, join(jobDir, path)).split(/[\\/]/).map(encodeURIComponent).join('/')
    const page = jobPage(await withWaves(report, jobDir, context.env), {
      linkTo,
      jobPath: shellWord(displayPath(jobDir, cwd)),
    })
    if (target === undefined) {
      stdout.write(page)
      return exitCodes.ok
    }
    const { writeFile } = await import('node:fs/promises')
    try {
      await writeFile(target, page)
    } catch (error) {
      writeError(
        context,
        'report',
        `cannot write the page: ${error instanceof Error ? error.message : String(error)}; choose another place with --output FILE`,
      )
      return exitCodes.stepFailed
    }
    stdout.write(`${displayPath(target, cwd)}\n`)
    return exitCodes.ok
  },
})
