import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

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
