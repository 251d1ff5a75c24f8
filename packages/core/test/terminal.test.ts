import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Program, startInTerminal, type Terminal, terminalMissing } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

const cwd = fileURLToPath(new URL('fixtures/started-by-a-manager', import.meta.url))
/** How long the application takes to stop, in ms. */
const stopTime = 600
/** Longer than any test takes. */
const endless = 60_000

/** What the application has written down about itself when it exits. */
interface Result {
  readonly code: number
  /** The signals that have come, in their order. */
  readonly deliveries: readonly NodeJS.Signals[]
  readonly steps: readonly string[]
}

/** A command that starts the application, and why it cannot be tried on this machine. */
interface Way {
  readonly command: string
  readonly missing: string | undefined
}

/** The environment of somebody who types: a test that a package manager has started has more in its own. */
const environment: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^p?npm_/i.test(name)),
)
environment['PATH'] = [dirname(process.execPath), environment['PATH']].join(delimiter)
environment['npm_config_update_notifier'] = 'false'

/** The folder of the pnpm that this repository is built with, from the cache of npx. */
function findPnpm(): string | undefined {
  const wanted = ['--yes', '--package=pnpm@12', '--call', 'command -v pnpm']
  const { stdout } = spawnSync('npx', wanted, { env: environment, encoding: 'utf8', timeout: 15_000 })
  return stdout?.startsWith('/') ? dirname(stdout.trim()) : undefined
}

const pnpm = findPnpm()
if (pnpm !== undefined) environment['PATH'] = [pnpm, environment['PATH']].join(delimiter)
const pnpmMissing = pnpm === undefined ? 'needs npx to find pnpm' : undefined
const noTerminal = terminalMissing()

const plain: Way = { command: 'node ../on-a-terminal.js', missing: noTerminal }
const npm: Way[] = ['npm start', 'npm run behind-a-shell', 'npm run without-a-shell'].map((command) => ({
  command,
  missing: noTerminal,
}))
const pnpmWays: Way[] = ['pnpm start', 'pnpm run behind-a-shell', 'pnpm run without-a-shell'].map((command) => ({
  command,
  missing: noTerminal ?? pnpmMissing,
}))
const ways = [plain, ...npm, ...pnpmWays]
/** Less than the usual timeout: an application that cannot write may have to be killed. */
const timeout = 8_000

/** The name of a test, with the reason why it is skipped. */
function named(name: string, missing: string | undefined): string {
  return missing === undefined ? name : `${name} (skipped: ${missing})`
}

/** The application as whoever started it sees it: how it runs, and what it has written down. */
class Application {
  readonly env: NodeJS.ProcessEnv
  /** Resolves when the application exits. */
  readonly result: Promise<Result>
  #exited = false

  constructor(stop: number) {
    const folder = mkdtempSync(join(tmpdir(), 'lastcall-'))
    const file = join(folder, 'result.json')
    this.env = { ...environment, RESULT: file, STOP: String(stop) }
    this.result = new Promise((resolve) => {
      const watcher = watch(folder, () => {
        if (this.#exited || !existsSync(file)) return
        this.#exited = true
        resolve(JSON.parse(readFileSync(file, 'utf8')) as Result)
      })
      onTestFinished(() => {
        watcher.close()
        rmSync(folder, { recursive: true })
      })
    })
  }

  /** Resolves to the process id once it runs; what is left of it when the test ends is killed. */
  async runs(output: Pick<Program, 'prints'>): Promise<number> {
    const pid = Number((await output.prints(/^running: (\d+)\r?$/m))[1])
    onTestFinished(() => {
      if (!this.#exited) process.kill(pid, 'SIGKILL')
    })
    return pid
  }
}

async function startOnTerminal({ command }: Way, stop = stopTime): Promise<{ app: Application; terminal: Terminal }> {
  const app = new Application(stop)
  const terminal = startInTerminal(command, { cwd, env: app.env })
  await app.runs(terminal)
  return { app, terminal }
}

describe.each(ways)('$command on a terminal', (way) => {
  const options = { timeout, skip: way.missing !== undefined }

  test(named('stops gracefully, once, at one Ctrl-C', way.missing), options, async () => {
    const { app, terminal } = await startOnTerminal(way)
    terminal.type('\x03')
    const { code, deliveries, steps } = await app.result
    expect({ code, steps }).toEqual({ code: 0, steps: ['stopping', 'stopped'] })
    expect(new Set(deliveries)).toEqual(new Set(['SIGINT']))
    const exit = await terminal.exit
    expect(terminal.output.match(/shutting down/g)).toHaveLength(1)
    expect(terminal.output).toMatch(
      /shutting down: SIGINT, up to 10 s \(Ctrl-C again to force\)\r\nslow: stopped\r\nstopped by SIGINT in [^,]+ of 10 s\r\n {2}slow .*\r\n {2}keeper .*\r\n/,
    )
    if (way !== plain) return
    expect(deliveries).toEqual(['SIGINT'])
    expect(exit).toMatchObject({ code: 0 })
  })

  test(named('is forced by a second Ctrl-C 400 ms later', way.missing), options, async () => {
    const { app, terminal } = await startOnTerminal(way, endless)
    terminal.type('\x03')
    await terminal.prints(/shutting down/)
    await later(400)
    terminal.type('\x03')
    const { code, deliveries, steps } = await app.result
    expect(steps).toEqual(['stopping'])
    expect(deliveries.length).toBeGreaterThanOrEqual(2)
    await terminal.exit
    expect(code).toBe(128 + 2)
    // pnpm ends before the application does, and the terminal with it.
    if (pnpmWays.includes(way)) return
    expect(terminal.output).toMatch(/stopped by SIGINT in .*, not clean\r\n {2}slow .* aborted\r\n/)
  })

  // Node 20 aborts after the event `exit` when its terminal is gone (nodejs/node#51519): the code is the one before that.
  test(named('stops gracefully when its terminal is closed', way.missing), options, async () => {
    const { app, terminal } = await startOnTerminal(way)
    terminal.close()
    const { code, deliveries, steps } = await app.result
    expect({ code, steps }).toEqual({ code: 0, steps: ['stopping', 'stopped'] })
    expect(new Set(deliveries)).toEqual(new Set(['SIGHUP']))
  })
})

interface Managed {
  readonly app: Application
  readonly pid: number
  readonly manager: Program
  /** The event of the manager's own end, whoever else still holds its output. */
  readonly managerExit: Promise<unknown[]>
}

/** Starts the application without a terminal. */
async function startManaged(manager: string, script: string): Promise<Managed> {
  const app = new Application(stopTime)
  const child = spawn(manager, ['run', script], { cwd, env: app.env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const managerExit = once(child, 'exit')
  const program = new Program(child)
  return { app, pid: await app.runs(program), manager: program, managerExit }
}

// As in a container whose first process is the package manager.
describe('SIGTERM to the package manager', () => {
  describe.each([
    { manager: 'npm', script: 'without-a-shell', missing: undefined },
    { manager: 'pnpm', script: 'start', missing: pnpmMissing },
    { manager: 'pnpm', script: 'behind-a-shell', missing: pnpmMissing },
    { manager: 'pnpm', script: 'without-a-shell', missing: pnpmMissing },
  ])('$manager run $script', ({ missing, ...command }) => {
    const name = named('stops the application gracefully, and waits for it', missing)
    test(name, { timeout, skip: missing !== undefined }, async () => {
      const { app, manager } = await startManaged(command.manager, command.script)
      const sent = manager.kill('SIGTERM')
      const { code, deliveries, steps } = await app.result
      expect({ code, steps }).toEqual({ code: 0, steps: ['stopping', 'stopped'] })
      expect(new Set(deliveries)).toEqual(new Set(['SIGTERM']))
      expect((await manager.exit).at - sent).toBeGreaterThanOrEqual(stopTime - 10)
      expect(manager.output).toMatch(/stopped by SIGTERM in [^,]+ of 10 s\n/)
    })
  })

  // npm passes the signal to the shell alone, which dies of it: the application never learns that it should stop.
  test('npm run behind-a-shell ends npm, and leaves the application running', { timeout }, async () => {
    const { app, pid, manager, managerExit } = await startManaged('npm', 'behind-a-shell')
    manager.kill('SIGTERM')
    expect(await managerExit).toEqual([null, 'SIGTERM'])
    process.kill(pid, 'SIGINT')
    expect(await app.result).toEqual({ code: 0, deliveries: ['SIGINT'], steps: ['stopping', 'stopped'] })
  })
})
