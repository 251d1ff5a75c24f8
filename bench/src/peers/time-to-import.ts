import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Peer } from './peers.ts'

const file = fileURLToPath(new URL('import-program.js', import.meta.url))

/** Imports the packages of a peer in a new process, and resolves to how long that takes, in ms. */
export async function timeToImport({ packages }: Peer): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...packages])
  return Number(stdout)
}
