import { spawnSync } from 'node:child_process'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FolderLock } from '../src/folder-lock.ts'

/** A folder that does not exist yet, and what a process with this number has left beside it. */
async function folderOf(owner?: number): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'orders-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const folder = join(parent, 'data')
  if (owner !== undefined) await writeFile(`${folder}.lock`, String(owner))
  return folder
}

test('makes the folder, and leaves nothing beside it once released', async () => {
  const folder = await folderOf()
  const lock = new FolderLock(folder)
  await lock.take()
  await lock.release()
  await expect(access(folder)).resolves.toBeUndefined()
  await expect(access(`${folder}.lock`)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('refuses a folder that another process is using, and leaves that one its lock', async () => {
  const folder = await folderOf(process.ppid)
  const lock = new FolderLock(folder)
  await expect(lock.take()).rejects.toThrow(`${folder} is in use by process ${process.ppid}`)
  await lock.release()
  await expect(access(`${folder}.lock`)).resolves.toBeUndefined()
})

test.each([
  { who: 'a process that has ended', owner: spawnSync(process.execPath, ['--version']).pid },
  { who: 'an earlier process of the same number', owner: process.pid },
])('takes over what $who has left', async ({ owner }) => {
  const folder = await folderOf(owner)
  await new FolderLock(folder).take()
  expect(await readFile(`${folder}.lock`, 'utf8')).toBe(String(process.pid))
})
