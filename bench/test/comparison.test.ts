import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { cases } from '../src/matrix/cases.ts'
import { comparisonText, withComparison } from '../src/peers/comparison.ts'
import { readTable } from '../src/peers/markdown-table.ts'
import { peers } from '../src/peers/peers.ts'

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
const results = await readFile(new URL('../RESULTS.md', import.meta.url), 'utf8')

describe('the comparison', () => {
  test('in the README is what bench/RESULTS.md says: `npx -y pnpm@12 bench readme` writes it', () => {
    expect(withComparison(readme, results)).toBe(readme)
  })

  test('differs as soon as a figure does', () => {
    const other = results.replace(/\| (\d+) of (\d+) /, '| 0 of $2 ')
    expect(other).not.toBe(results)
    expect(comparisonText(other)).not.toBe(comparisonText(results))
  })

  test('has every peer, and a figure in every column', () => {
    const [, , ...rows] = comparisonText(results).split('\n')
    expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual(peers.map(({ name }) => name))
  })
})

describe('bench/RESULTS.md', () => {
  test('has every case, with a verdict on every peer', () => {
    const table = readTable(results, 'Cases')
    expect(table.map((row) => row['case'])).toEqual(cases.map(({ name }) => name))
    for (const row of table) expect(peers.map(({ name }) => row[name])).not.toContain('')
  })

  test('says that every case holds for Lastcall', () => {
    expect(readTable(results, 'Cases').filter((row) => row['Lastcall'] !== '✓')).toEqual([])
  })
})

test('a table is expected where there is none', () => {
  expect(() => readTable('# Nothing\n', 'Figures')).toThrow('Expected a table below the heading "Figures", got none')
})

test('a README without the marks is told so', () => {
  expect(() => withComparison('# Lastcall\n', results)).toThrow(/^Expected a README with the mark <!-- The comparison/)
})
