import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { launch } from '@lastcall/testkit/launch'
import type { Program } from '@lastcall/testkit/program'
import { haproxyConfiguration, type HaproxyOptions } from './haproxy-configuration.ts'
import { HaproxyStatistics } from './haproxy-statistics.ts'
import { within } from './within.ts'

const lookEvery = 20
const stateLimit = 20_000
const endLimit = 5_000

/** How to get it where there is none. */
export const haproxyMissing: string =
  'there is no HAProxy here; on Debian and Ubuntu: apt-get install --no-install-recommends haproxy'

/** HAProxy as it is installed here. */
export interface InstalledHaproxy {
  readonly command: string
  readonly version: string
}

/**
 * Finds HAProxy.
 *
 * @param commands - What to try: that in the path, and where Debian puts it, which is not in everybody's path.
 */
export function findHaproxy(
  commands: readonly string[] = ['haproxy', '/usr/sbin/haproxy'],
): InstalledHaproxy | undefined {
  for (const command of commands) {
    const { stdout } = spawnSync(command, ['-v'], { encoding: 'utf8' })
    const [, version] = /^HA-?Proxy version (\S+)/.exec(stdout ?? '') ?? []
    if (version !== undefined) return { command, version }
  }
  return undefined
}

/** An HAProxy of our own, in the foreground. */
export class Haproxy {
  readonly #program: Program
  readonly #folder: string
  readonly #removeFolder = (): void => rmSync(this.#folder, { recursive: true, force: true })

  constructor(program: Program, folder: string) {
    this.#program = program
    this.#folder = folder
    process.once('exit', this.#removeFolder)
  }

  /** Resolves when every replica has passed a health check. */
  static async start(
    { command }: InstalledHaproxy,
    { port, manner, replicas }: Omit<HaproxyOptions, 'statisticsSocket'>,
  ): Promise<Haproxy> {
    const folder = await mkdtemp(join(tmpdir(), 'rolling-'))
    const file = join(folder, 'haproxy.cfg')
    await writeFile(file, haproxyConfiguration({ port, manner, replicas, statisticsSocket: socketIn(folder) }))
    const haproxy = new Haproxy(launch(command, ['-db', '-f', file]), folder)
    try {
      for (const { name } of replicas) await haproxy.seesUp(name)
      return haproxy
    } catch (error) {
      await haproxy.end()
      throw error
    }
  }

  async statistics(): Promise<HaproxyStatistics> {
    const socket = connect(socketIn(this.#folder))
    socket.write('show stat\n')
    return new HaproxyStatistics(await text(socket))
  }

  /** Resolves when HAProxy sends requests to a replica. */
  async seesUp(replica: string): Promise<void> {
    const giveUp = new AbortController()
    let seen = ''
    const look = async (): Promise<void> => {
      for (;;) {
        const statistics = await this.statistics().catch(() => undefined)
        if (statistics?.isUp(replica)) return
        seen = statistics?.states ?? this.#program.output
        await setTimeout(lookEvery, undefined, { signal: giveUp.signal })
      }
    }
    const died = this.#program.exit.then(() => {
      throw new Error(`Expected HAProxy to go on, got its end:\n${this.#program.output}`)
    })
    try {
      const up = Promise.race([look(), died])
      await within(stateLimit, `HAProxy to see ${replica} up`, up, () => `${seen}\n${this.#program.output}`)
    } finally {
      giveUp.abort()
    }
  }

  async end(): Promise<void> {
    this.#program.kill('SIGTERM')
    await within(endLimit, 'HAProxy to exit', this.#program.exit, () => this.#program.output)
    process.off('exit', this.#removeFolder)
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function socketIn(folder: string): string {
  return join(folder, 'statistics')
}
