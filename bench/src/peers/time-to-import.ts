import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Peer } from './peers.ts'

const program = fileURLToPath(new URL('import-program.js', import.meta.url))

/** Imports the packages of a peer that are installed in a folder, in a new process, and resolves to how long that takes, in ms. */
export async function timeToImport({ packages }: Peer, where: string): Promise<number> {
  // A module finds what is installed where it lies itself.
  const file = join(where, 'import-program.mjs')
  await copyFile(program, file)
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...packages])
  return Number(stdout)
}
