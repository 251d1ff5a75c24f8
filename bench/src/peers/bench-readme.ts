import { readFile, writeFile } from 'node:fs/promises'
import { withComparison } from './comparison.ts'

const readme = new URL('../../../README.md', import.meta.url)
const results = new URL('../../RESULTS.md', import.meta.url)

/** Writes the comparison of the README anew. */
export async function benchReadme(): Promise<boolean> {
  const [text, figures] = await Promise.all([readFile(readme, 'utf8'), readFile(results, 'utf8')])
  await writeFile(readme, withComparison(text, figures))
  return true
}
