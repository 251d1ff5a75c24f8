// Real supervisors, on a terminal and by their signals.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as later } from 'node:timers/promises'
import { startInTerminal, type Terminal, terminalMissing } from '@lastcall/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { count, fixturePath, named, programMissing, searchPath, startCommand } from './start.ts'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const job = `${process.execPath} ${fixturePath('job-in-flight')}`
const noTerminal = terminalMissing()
const noForeman = programMissing('foreman')

function type(command: string, env: Record<string, string> = {}): Terminal {
  return startInTerminal(command, { cwd, env: { ...process.env, ...env, PATH: searchPath } })
}

async function running(terminal: Terminal, services: number): Promise<void> {
  await terminal.prints(new RegExp(String.raw`(?:running: \d+[^]*){${services}}`))
}

/** Expects an output to show that all services have finished their jobs. */
function expectFinished(output: string, services: number): void {
  expect(count(output, 'worker: the job is finished')).toBe(services)
  expect(count(output, 'database: closed')).toBe(services)
  expect(count(output, /exit of \d+: 0\r?\n/g)).toBe(services)
  expect(output).not.toMatch(/forcing|aborted|abandoned|not clean/)
}

describe('a Ctrl-C on a terminal', () => {
  test.skipIf(noTerminal)(named('has a hint in the line of the stop', noTerminal), async () => {
    const terminal = type(job, { JOB: '300' })
    await running(terminal, 1)
    terminal.type('\x03')
    expect(await terminal.exit).toMatchObject({ code: 0 })
    expect(terminal.output).toContain('shutting down: SIGINT, up to 9 s (Ctrl-C again to force)\r\n')
  })

  // concurrently passes the SIGINT on, and sends SIGTERM to the others when one of them has exited: `sleep` exits at once.
  test.skipIf(noTerminal)(named('to concurrently -k finishes the jobs of all services', noTerminal), async () => {
    const terminal = type(`node_modules/.bin/concurrently -k 'sleep 60' '${job}' 'JOB=700 ${job}'`)
    await running(terminal, 2)
    terminal.type('\x03')
    await terminal.exit
    expectFinished(terminal.output, 2)
    expect(terminal.output).toContain('SIGTERM: the stop is already under way')
  })

  test.skipIf(noTerminal)(
    named('to a cluster finishes the jobs of all workers, though the primary sends them SIGTERM', noTerminal),
    async () => {
      const terminal = type(`${process.execPath} ${fixturePath('cluster-passes-signals-on')}`)
      await running(terminal, 2)
      terminal.type('\x03')
      await terminal.exit
      expectFinished(terminal.output, 2)
      expect(count(terminal.output, 'a worker has exited: 0')).toBe(2)
      expect(terminal.output).toContain('the primary has exited: 0')
      // Both signals have reached both workers, in one order or the other.
      expect(count(terminal.output, /SIG(?:TERM|INT): the stop is already under way/g)).toBe(2)
    },
  )
})

/** A folder with a Procfile of one service. */
function procfile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lastcall-foreman-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'Procfile'), `web: ${job}\n`)
  return join(folder, 'Procfile')
}

describe('Foreman', () => {
  const missing = noForeman ?? noTerminal

  test.skipIf(missing)(named('finishes the job at a Ctrl-C', missing), async () => {
    const terminal = type(`foreman start -f ${procfile()}`)
    await running(terminal, 1)
    terminal.type('\x03')
    await terminal.exit
    expectFinished(terminal.output, 1)
    expect(terminal.output).toContain('SIGTERM: the stop is already under way')
  })

  test.skipIf(missing)(named('that is stopped by SIGTERM, twice, finishes the job', missing), async () => {
    const program = startCommand(['foreman', 'start', '-f', procfile()], { onTestFinished })
    const [, pid] = await program.prints(/running: (\d+)\n/)
    onTestFinished(() => killIfThere(Number(pid)))
    program.kill('SIGTERM')
    await later(600)
    program.kill('SIGTERM')
    await program.exit
    expectFinished(program.output, 1)
  })
})

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has exited, as it should.
  }
}
