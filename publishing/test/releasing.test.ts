import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Manifest, publishedPackages, root } from '../src/published-packages.ts'
import { repositoryFaults } from '../src/repository-faults.ts'

const packages = await publishedPackages()
const names = packages.map(({ manifest }) => manifest.name)
const [current = ''] = packages.map(({ manifest }) => manifest.version)
const path = (part: string): string => fileURLToPath(new URL(part, root))

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}

/** Copies what has a version to a folder of its own, with a changeset, makes versions of it, and reads the manifests then. */
async function versionsAfter(changeset: string): Promise<readonly Manifest[]> {
  const copy = await mkdtemp(join(tmpdir(), 'lastcall-'))
  onTestFinished(() => rm(copy, { recursive: true }))
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json']) {
    await cp(path(file), join(copy, file), { recursive: true })
  }
  const folders = (await readdir(path('packages'))).toSorted()
  for (const folder of folders) {
    await mkdir(join(copy, 'packages', folder), { recursive: true })
    await cp(path(`packages/${folder}/package.json`), join(copy, 'packages', folder, 'package.json'))
  }
  await symlink(path('node_modules'), join(copy, 'node_modules'))
  await promisify(execFile)('git', ['init', '--quiet', '--initial-branch', 'main'], { cwd: copy })
  await writeFile(join(copy, '.changeset/sample.md'), changeset)
  const command = path('node_modules/.bin/changeset')
  await promisify(execFile)(command, ['version'], { cwd: copy })
  const files = folders.map((folder) => join(copy, 'packages', folder, 'package.json'))
  return Promise.all(files.map(async (file) => (await readJson(file)) as Manifest))
}

describe('a release', () => {
  test('is of every package that is not private, all with one version', async () => {
    const { fixed } = (await readJson(path('.changeset/config.json'))) as { fixed: readonly string[][] }
    expect(fixed.map((group) => group.toSorted())).toEqual([names.toSorted()])
    expect(new Set(packages.map(({ manifest }) => manifest.version)).size).toBe(1)
  })

  test('is told of in CHANGELOG.md', async () => {
    expect(await readFile(path('CHANGELOG.md'), 'utf8')).toContain(`\n## ${current}\n`)
  })
})

describe('changeset version', () => {
  const [major, minor, patch] = current.split('.').map(Number) as [number, number, number]

  test.each([
    ['patch', `${major}.${minor}.${patch + 1}`],
    ['minor', `${major}.${minor + 1}.0`],
  ])(
    'after a %s change of core gives every package the same version, and the private ones none',
    async (bump, next) => {
      const after = await versionsAfter(`---\n'@lastcall/core': ${bump}\n---\n\nA sample.\n`)
      const versions = after.map(({ name, version }) => [name, version])
      expect(versions).toEqual(after.map(({ name }) => [name, names.includes(name) ? next : current]))
      // What is packed depends on the kin's version of that moment.
      for (const { dependencies = {} } of after as readonly { dependencies?: Record<string, string> }[]) {
        const kin = Object.entries(dependencies).filter(([name]) => name.startsWith('@lastcall/'))
        expect(kin.every(([, range]) => range === 'workspace:^')).toBe(true)
      }
    },
  )
})

describe('repository', () => {
  const manifest = { name: '@lastcall/core' }
  const url = 'git+https://forge.example/lastcall/lastcall.git'

  test('is fit where it names the folder of the package', () => {
    const repository = { type: 'git', url, directory: 'packages/core' }
    expect(repositoryFaults([{ id: 'core', manifest: { ...manifest, repository } }])).toEqual([])
  })

  test.each([
    [undefined, 'none'],
    [url, JSON.stringify(url)],
    [{ type: 'git', url }, JSON.stringify({ type: 'git', url })],
    [
      { type: 'git', url: 'lastcall/lastcall', directory: 'packages/core' },
      '{"type":"git","url":"lastcall/lastcall","directory":"packages/core"}',
    ],
    [{ type: 'git', url, directory: 'packages/http' }, `{"type":"git","url":"${url}","directory":"packages/http"}`],
  ])('of %o is refused', (repository, got) => {
    expect(repositoryFaults([{ id: 'core', manifest: { ...manifest, repository } }])).toEqual([
      'Expected `repository` in packages/core/package.json to be { "type": "git", "url": "git+https://….git", ' +
        `"directory": "packages/core" }, got ${got}`,
    ])
  })

  test.runIf(repositoryFaults(packages).length > 0)(
    'that is missing ends the release with what is expected',
    async () => {
      const released = promisify(execFile)(process.execPath, [path('publishing/dist/expect-repository.js')])
      await expect(released).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^Expected `repository` in packages\/core\/package\.json .*\n[^]*"Releasing" in CONTRIBUTING\.md\.\n$/,
        ),
      })
    },
  )
})
