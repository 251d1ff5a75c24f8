import { readFile, rm, writeFile } from 'node:fs/promises'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { compilerOptions } from './api-report.ts'

/**
 * Writes the declarations of a package for CommonJS: `dist/bundle.d.cts` with those of all entries, and for each entry a file that names
 * its exports. Entries share the declarations, because a class with #private members would be another type in each copy.
 *
 * @param folder - The folder of the package, with a slash at its end.
 */
export async function rollUpDeclarations(folder: string, entries: readonly string[]): Promise<void> {
  const all = `${folder}dist/bundle.d.ts`
  await writeFile(all, entries.map((entry) => `export * from './${entry}.js'\n`).join(''))
  try {
    rollUp(folder, all)
  } finally {
    await rm(all)
  }
  for (const entry of entries) {
    const text = await readFile(`${folder}dist/${entry}.d.ts`, 'utf8')
    await writeFile(`${folder}dist/${entry}.d.cts`, exportsOfBundle(text, entry))
  }
}

/** Returns the declarations of an entry with the bundle in place of its modules. */
function exportsOfBundle(text: string, entry: string): string {
  const statements = text.split(/(?<=;)\n/).filter((statement) => statement.trim() !== '')
  return statements
    .map((statement) => {
      const [, names] = /^(export (?:type )?\{[^}]*\} from) '[^']+';$/.exec(statement) ?? []
      if (names !== undefined) return `${names} './bundle.cjs';\n`
      throw new Error(`Expected dist/${entry}.d.ts to consist of \`export { … } from '…'\`, got ${statement}`)
    })
    .join('')
}

function rollUp(folder: string, entry: string): void {
  const { succeeded } = Extractor.invoke(
    ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: entry,
        tsdocMetadata: { enabled: false },
        dtsRollup: { enabled: true, untrimmedFilePath: `${folder}dist/bundle.d.cts` },
        compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: `${folder}package.json`,
    }),
    {
      // The API reports have the messages: see api-report.ts.
      messageCallback: (message) => {
        message.handled = true
      },
    },
  )
  if (!succeeded) throw new Error(`Cannot roll up the declarations of ${folder}.`)
}
