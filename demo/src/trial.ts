import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Load } from './load.ts'
import type { Screen } from './screen.ts'

const timeBeforeSlow = 1_000
const timeBeforeSignal = 400
const timeAfterSignal = 2_000
/** What Docker and Cloud Run wait before they kill. */
export const patience = 10_000

/** What was seen of one server that was stopped under load. */
export interface Observation {
  /** From SIGTERM to the end of the process, in ms. */
  readonly timeToExit: number
  /** Whether it had to be killed. */
  readonly killed: boolean
  readonly exitCode: number | null
  readonly answered: number
  readonly lost: number
  /** What the server printed. */
  readonly output: string
}

/** Runs a server in a process of its own, puts the load on it, sends SIGTERM in the middle, and watches it end. */
export async function observe(server: string, screen: Screen): Promise<Observation> {
  const child = spawn(process.execPath, [fileURLToPath(server)], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  try {
    return await underLoad(child, screen)
  } finally {
    kill()
    process.off('exit', kill)
  }
}

async function underLoad(child: ChildProcess, screen: Screen): Promise<Observation> {
  let output = ''
  const exit = ended(child)
  const port = await new Promise<number>((resolve, reject) => {
    void exit.then(() => reject(new Error(`Expected the server to listen, got its end:\n${output}`)))
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      output += String(text)
      const [, listening] = /listening on http:\/\/localhost:(\d+)\n/.exec(output) ?? []
      if (listening !== undefined) resolve(Number(listening))
    })
  })
  const load = new Load(port)
  const progress = screen.progress(() => `${load.tally.answered.toLocaleString('en')} requests answered`)
  await load.begin()
  await setTimeout(timeBeforeSlow)
  await load.beginSlow()
  await setTimeout(timeBeforeSignal)
  progress.say('SIGTERM')
  const signalled = performance.now()
  child.kill('SIGTERM')
  const over = setTimeout(timeAfterSignal).then(() => load.end())
  const inTime = await Promise.race([exit, setTimeout(patience, undefined, { ref: false })])
  if (inTime === undefined) child.kill('SIGKILL')
  const { code, at } = await exit
  progress.end()
  load.hangUp()
  await over
  return { timeToExit: at - signalled, killed: inTime === undefined, exitCode: code, ...load.tally, output }
}

async function ended(child: ChildProcess): Promise<{ code: number | null; at: number }> {
  const closed = once(child, 'close')
  const [code] = (await once(child, 'exit')) as [number | null]
  const at = performance.now()
  await closed
  return { code, at }
}
