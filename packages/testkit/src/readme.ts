import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import type { Program } from './program.ts'
import { startProgram } from './start-program.ts'
import { connectRaw } from './raw-client.ts'

const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck']
const modern = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--types', 'node']

/** Reads the first program of a README: its first block of JavaScript or TypeScript. */
export async function firstProgram(readme: URL): Promise<string> {
  const [, program] = /```[jt]s\n([^]*?)```/.exec(await readFile(readme, 'utf8')) ?? []
  if (program === undefined) throw new Error(`Expected ${readme.pathname} to have a program, got none`)
  return program
}

/** A program in JavaScript is checked as it stands: its parameters need no types. */
const javascript = ['--allowJs', '--checkJs', '--noEmit', '--noImplicitAny', 'false']

export interface CompileOptions {
  /** Declarations of the names that the program uses and does not define: a module with `declare global`. Default: none. */
  readonly names?: string | undefined
  /** What the program is written in. JavaScript is checked alone. Default `'ts'`. */
  readonly language?: 'js' | 'ts' | undefined
}

/**
 * Type checks and compiles a program. Rejects with what the compiler says.
 *
 * @param file - Where the program is to be, as `new URL('../dist/readme.js', import.meta.url)`: it finds its packages from there.
 */
export async function compileProgram(program: string, file: URL, options: CompileOptions = {}): Promise<void> {
  const { names, language = 'ts' } = options
  const folder = new URL('.', file)
  const source = fileURLToPath(file).replace(/js$/, language)
  const declarations = fileURLToPath(file).replace(/js$/, 'names.d.ts')
  await mkdir(folder, { recursive: true })
  await writeFile(source, program)
  if (names !== undefined) await writeFile(declarations, names)
  const sources = names === undefined ? [source] : [source, declarations]
  const flags = ['--ignoreConfig', ...strict, ...modern, ...(language === 'js' ? javascript : [])]
  try {
    await promisify(execFile)('tsc', [...flags, ...sources], { cwd: folder })
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    throw new Error(`Expected the program to compile, got:\n${stdout}`, { cause: error })
  }
}

/**
 * Type checks, compiles and starts the first program of a README, on a free port in place of 8089.
 *
 * @param file - Where the program is to be, as for `compileProgram`.
 * @param names - What stands in the program, and what is to stand there.
 */
export async function startReadme(
  readme: URL,
  file: URL,
  names: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; port: number }> {
  const port = await freePort()
  let text = (await firstProgram(readme)).replace('8089', String(port))
  for (const [name, other] of Object.entries(names)) text = text.replace(`'${name}'`, `'${other}'`)
  await compileProgram(text, file)
  const program = startProgram(file)
  await program.prints(new RegExp(`http: listening on http://localhost:${port}\n`))
  return { program, port }
}

/** What was seen of a stop while somebody watched. */
export interface WatchedStop {
  readonly code: number | null
  /** All that came of the stream. */
  readonly stream: string
  readonly output: string
}

/** Stops such a program by SIGTERM while somebody watches its stream at `/events`. */
export async function stopWhileWatched({ program, port }: { program: Program; port: number }): Promise<WatchedStop> {
  const events = await connectRaw(port)
  events.get('/events')
  await events.receives(/data: hello\n\n/)
  program.kill('SIGTERM')
  const { code } = await program.exit
  await events.closed
  return { code, stream: events.received, output: program.output }
}
