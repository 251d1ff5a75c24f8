// pnpm coverage: whether the tests of core and http reach every line and branch, in all processes that they start.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { CoverageReport } from './coverage-report.ts'
import { type CompiledFile, measure, type SourceCoverage } from './file-coverage.ts'
import { readScriptCoverage } from './script-coverage.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = ['packages/core', 'packages/http']

/** Every source of a package, by its path, and the file that is run in its place. */
async function compiledFiles(folder: string): Promise<[path: string, CompiledFile][]> {
  const names = await readdir(join(root, folder, 'src'), { recursive: true })
  const sources = names.filter((name) => name.endsWith('.ts')).toSorted()
  return Promise.all(
    sources.map(async (name) => {
      const path = `${folder}/src/${name}`
      const compiled = join(root, folder, 'dist', name.replace(/\.ts$/, '.js'))
      const [source, code] = await Promise.all([readFile(join(root, path), 'utf8'), readFile(compiled, 'utf8')])
      return [path, { url: pathToFileURL(compiled).href, source, code }] as [string, CompiledFile]
    }),
  )
}

/** Runs the tests, and says whether they passed. Every process that they start writes what it counted into the folder. */
async function runTests(folder: string): Promise<boolean> {
  const tests = spawn('vitest', ['run', '--config', 'quality/vitest.coverage.ts', '--reporter', 'dot'], {
    cwd: root,
    env: { ...process.env, NODE_V8_COVERAGE: folder },
    stdio: 'inherit',
  })
  const [code] = (await once(tests, 'exit')) as [number | null]
  return code === 0
}

async function report(folder: string): Promise<CoverageReport> {
  const files = (await Promise.all(packages.map(compiledFiles))).flat()
  const counted = await readScriptCoverage(folder, new Set(files.map(([, { url }]) => url)))
  const measured = new Map<string, SourceCoverage>()
  for (const [path, file] of files) measured.set(path, await measure(file, counted.get(file.url)))
  return new CoverageReport(measured)
}

const folder = await mkdtemp(join(tmpdir(), 'lastcall-coverage-'))
try {
  const passed = await runTests(folder)
  const coverage = await report(folder)
  process.stdout.write(`${String(coverage)}\n`)
  process.exitCode = passed && coverage.ok ? 0 : 1
} finally {
  await rm(folder, { recursive: true })
}
