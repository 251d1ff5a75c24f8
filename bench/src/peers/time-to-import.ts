import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Peer } from './peers.ts'

/**
 * Imports the packages of a peer in a new process, and resolves to how long that takes, in ms.
 *
 * @param program - The import program, where the packages are installed: a module finds what is installed where it lies itself.
 */
export async function timeToImport({ packages }: Peer, program: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...packages])
  return Number(stdout)
}
