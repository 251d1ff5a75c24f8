import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'

/** Keeps a folder to one process at a time: PGlite itself lets several write to one, and they ruin it. */
export class FolderLock {
  readonly #folder: string
  readonly #file: string
  #taken = false

  constructor(folder: string) {
    this.#folder = folder
    this.#file = `${folder}.lock`
  }

  /** Rejects when a process that is alive has taken it. */
  async take(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const owner = await this.#owner()
    if (owner !== undefined && isAlive(owner)) throw new Error(`${this.#folder} is in use by process ${owner}`)
    // What a process left that was killed is nobody's; in a container, this one may have got its number.
    await rm(this.#file, { force: true })
    await writeFile(this.#file, String(process.pid), { flag: 'wx' })
    this.#taken = true
  }

  async release(): Promise<void> {
    if (this.#taken) await rm(this.#file)
    this.#taken = false
  }

  async #owner(): Promise<number | undefined> {
    try {
      return Number(await readFile(this.#file, 'utf8'))
    } catch {
      return undefined
    }
  }
}

function isAlive(id: number): boolean {
  if (id === process.pid) return false
  try {
    // Signal 0 is not sent: only whether it could be is found out.
    return process.kill(id, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
