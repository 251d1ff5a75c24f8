import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { KnownFailures } from '../src/known-failures.ts'
import { releases } from '../src/releases.ts'

const page = await readFile(new URL('../../docs/3-platforms.md', import.meta.url), 'utf8')

test.each(releases.filter(({ runs }) => runs === 'the testkit'))(
  'the page says as many failures on $name as are listed, of the release that is run',
  async ({ name, version }) => {
    const list = await readFile(new URL(`../known/${name}.txt`, import.meta.url), 'utf8')
    const title = `${name.slice(0, 1).toUpperCase()}${name.slice(1)} ${version}`
    const [, fail, sometimesFail] = new RegExp(`\\| ${title} +\\| (\\d+) +\\| (\\d+) +\\|`).exec(page) ?? []
    const known = KnownFailures.parse(list)
    expect([Number(fail), Number(sometimesFail)]).toEqual([known.count('fails'), known.count('sometimes fails')])
    expect(list).toContain(title)
  },
)

test('the page names every Node that the suite is run on', () => {
  const majors = releases.filter(({ runs }) => runs === 'the suite').map(({ version }) => version)
  expect(page).toContain(`${majors.slice(0, -1).join(', ')} and ${majors.at(-1)}`)
})
