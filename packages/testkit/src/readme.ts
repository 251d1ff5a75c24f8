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

/**
 * Type checks and compiles a program. Rejects with what the compiler says.
 *
 * @param file - Where the program is to be, as `new URL('../dist/readme.js', import.meta.url)`: it finds its packages from there.
 */
export async function compileProgram(program: string, file: URL): Promise<void> {
  const folder = new URL('.', file)
  const source = fileURLToPath(file).replace(/js$/, 'ts')
  await mkdir(folder, { recursive: true })
  await writeFile(source, program)
  try {
    await promisify(execFile)('tsc', ['--ignoreConfig', ...strict, ...modern, source], { cwd: folder })
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    throw new Error(`Expected the program to compile, got:\n${stdout}`, { cause: error })
  }
}
