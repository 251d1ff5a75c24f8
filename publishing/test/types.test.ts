import { execFile } from 'node:child_process'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { compilerOf } from './compilers.ts'

const consumer = inject('consumer')

/** The oldest version that is supported, every one since, and the one that this repository is built with. */
const versions = ['5.6', '5.7', '5.8', '5.9', '6.0', '7.0'] as const
type Version = (typeof versions)[number]

interface Mode {
  readonly options: object
  readonly files: readonly string[]
  /** Options that only some versions need. */
  readonly also?: Readonly<Partial<Record<Version, object>>>
  /** The versions without this mode, each with the error of its compiler. */
  readonly absent?: Readonly<Partial<Record<Version, RegExp>>>
}

/** One program per package, and a wrong one. The consumer is an ES module, so a `.ts` file is one wherever Node.js decides. */
const modules = ['core.ts', 'http.ts', 'express.ts', 'koa.ts', 'wrong.ts']
/** The same programs in CommonJS. */
const copies = modules.map((file) => file.replace('.ts', '.cts'))
const inBoth = [...modules, ...copies, 'required.cts', 'mixed.ts']

const node10Deprecated = { '6.0': { ignoreDeprecations: '6.0' } }
const node20Unknown = /error TS6046: Argument for '--module' option must be/

const modes: Readonly<Record<string, Mode>> = {
  'module commonjs': {
    options: { module: 'commonjs', esModuleInterop: true },
    files: [...modules, 'required.cts'],
  },
  'module commonjs with moduleResolution node10': {
    options: { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true },
    files: [...modules, 'required.cts'],
    also: node10Deprecated,
    absent: { '7.0': /error TS5108: Option 'moduleResolution=node10' has been removed/ },
  },
  'module commonjs without esModuleInterop': {
    options: { module: 'commonjs', esModuleInterop: false },
    // The programs of Express and Koa import their framework as a default export.
    files: ['core.ts', 'http.ts', 'wrong.ts', 'required.cts'],
    also: node10Deprecated,
    absent: { '7.0': /error TS5108: Option 'esModuleInterop=false' has been removed/ },
  },
  'module node16': { options: { module: 'node16' }, files: inBoth },
  'module node20': {
    options: { module: 'node20' },
    files: inBoth,
    absent: { '5.6': node20Unknown, '5.7': node20Unknown, '5.8': node20Unknown },
  },
  'module nodenext': { options: { module: 'nodenext', exactOptionalPropertyTypes: true }, files: inBoth },
  'module preserve': { options: { module: 'preserve' }, files: [...modules, 'required.cts'] },
  'module esnext with moduleResolution bundler': {
    options: { module: 'esnext', moduleResolution: 'bundler' },
    files: modules,
  },
}

const wrongProgram = `\
import { Lifecycle, TaskTracker } from '@lastcall/core'
import { expressAdapter } from '@lastcall/express'
import { serverAdapter } from '@lastcall/http'
import { koaAdapter } from '@lastcall/koa'

new Lifecycle({ timeout: '5s' })
new Lifecycle().register(new TaskTracker(1))
serverAdapter('server')
expressAdapter('app')
koaAdapter('app')
`

/** Compiles files of the consumer with all declarations that they reach, and resolves to the lines of the compiler. */
async function compile(name: string, version: Version, { options, files, also }: Mode): Promise<readonly string[]> {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    target: 'es2022',
    types: ['node'],
    ...options,
    ...also?.[version],
  }
  const project = join(consumer, `tsconfig.${name.replaceAll(' ', '-')}.${version}.json`)
  await writeFile(project, JSON.stringify({ compilerOptions, files }))
  const command = [await compilerOf(version), '--pretty', 'false', '--project', project]
  try {
    await promisify(execFile)(process.execPath, command, { cwd: consumer })
    return []
  } catch (error) {
    const { stdout } = error as { stdout: string }
    return stdout.split('\n').filter((line) => /^\S/.test(line))
  }
}

/** The declarations of Koa have faults of their own. */
function isOfKoa(line: string): boolean {
  return line.startsWith('node_modules/@types/koa')
}

/** The errors that the compiler has for the wrong program. */
function errorsIn(file: string): readonly string[] {
  return [
    `${file}(6,17): error TS2322: Type 'string' is not assignable to type 'number'.`,
    `${file}(7,42): error TS2345: Argument of type 'number' is not assignable to parameter of type 'string'.`,
    `${file}(8,15): error TS2345: Argument of type 'string' is not assignable to parameter of type 'HttpServer'.`,
    `${file}(9,16): error TS2769: No overload matches this call.`,
    `${file}(10,12): error TS2769: No overload matches this call.`,
  ]
}

beforeAll(async () => {
  await writeFile(join(consumer, 'wrong.ts'), wrongProgram)
  for (const [index, file] of modules.entries()) {
    await copyFile(join(consumer, file), join(consumer, String(copies[index])))
  }
})

describe.each(Object.entries(modes))('%s', (name, mode) => {
  test.concurrent.each(versions)(
    'TypeScript %s accepts the programs of all packages, and refuses the wrong one',
    async (version) => {
      const lines = await compile(name, version, mode)
      const absence = mode.absent?.[version]
      if (absence) expect(lines).toContainEqual(expect.stringMatching(absence))
      else {
        const wrong = mode.files.filter((file) => file.startsWith('wrong'))
        const errors = lines.filter((line) => !isOfKoa(line))
        expect(new Set(errors)).toEqual(new Set(wrong.flatMap(errorsIn)))
      }
    },
  )
})
