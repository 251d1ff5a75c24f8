import { readdir, readFile } from 'node:fs/promises'

const root = new URL('../../', import.meta.url)

/** A block of code in a page. */
export interface Block {
  readonly language: string
  readonly code: string
}

/** Reads a file of the repository. */
export async function read(path: string): Promise<string> {
  return readFile(new URL(path, root), 'utf8')
}

/** The names of the numbered pages, in reading order. */
export async function pageNames(): Promise<readonly string[]> {
  const names = await readdir(new URL('docs/', root))
  return names.filter((name) => name.endsWith('.md')).toSorted()
}

/** Every README and page that may have links. */
export async function linkingFiles(): Promise<readonly string[]> {
  const packages = await readdir(new URL('packages/', root))
  const readmes = packages.filter((name) => name !== 'testkit').map((name) => `packages/${name}/README.md`)
  return [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...readmes,
    ...(await pageNames()).map((name) => `docs/${name}`),
  ]
}

/** The blocks of code of a text. */
export function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = '', code = '']) => ({ language, code }))
}

/** The one block of code of a language that holds a text. */
export function blockWith(text: string, language: string, part: string): string {
  const found = blocksOf(text).filter((block) => block.language === language && block.code.includes(part))
  const [block] = found
  if (block === undefined || found.length > 1) {
    throw new Error(`Expected one block of ${language} with ${part}, got ${found.length}`)
  }
  return block.code
}
