import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Program, startProgram } from '@lastcall/testkit'
import { expect, onTestFinished, test } from 'vitest'

const fixture = new URL('fixtures/ipc.js', import.meta.url)

/** Runs the fixture as PM2 does: with `fork`, so that messages can be sent both ways. */
function forked(env: Readonly<Record<string, string>> = {}): {
  child: ChildProcess
  program: Program
  messages: unknown[]
} {
  const child = fork(fileURLToPath(fixture), { env: { ...process.env, ...env }, silent: true })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const messages: unknown[] = []
  child.on('message', (message) => messages.push(message))
  return { child, program: new Program(child), messages }
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    child.once('message', resolve)
  })
}

test("sends 'ready' once everything has started, and stops at 'shutdown'; then nothing of it holds the process", async () => {
  const { child, program, messages } = forked()
  expect(await nextMessage(child)).toBe('ready')
  expect(program.output).toContain('worker: open\n')
  child.send('shutdown')
  expect(await program.exit).toMatchObject({ code: 0, signal: null })
  expect(messages).toEqual(['ready'])
  expect(program.output).toContain('stopped by a shutdown message')
  expect(program.output).not.toContain('held open')
})

test('leaves every other message to the application', async () => {
  const { child, program } = forked()
  await nextMessage(child)
  for (const message of ['SHUTDOWN', 'shutdown now', { type: 'shutdown' }, 0]) child.send(message)
  child.send('shutdown')
  expect(await program.exit).toMatchObject({ code: 0 })
  expect(program.output.match(/shutting down/g)).toHaveLength(1)
})

test("is not forced by a second 'shutdown', nor by the signal that PM2 sends behind it", async () => {
  const { child, program } = forked()
  await nextMessage(child)
  child.send('shutdown')
  await program.prints(/shutting down/)
  child.send('shutdown')
  program.kill('SIGINT')
  expect(await program.exit).toMatchObject({ code: 0, signal: null })
  expect(program.output).toMatch(/stopped by a shutdown message in 0\.4/)
})

test("stops during the start at 'shutdown', and is never ready then", async () => {
  const { child, program, messages } = forked()
  await program.prints(/starting/)
  child.send('shutdown')
  expect(await program.exit).toMatchObject({ code: 0 })
  expect(messages).toEqual([])
})

// Node tells the parent of no 'close' once it has disconnected: the exit is what there is to wait for.
test('lives on without a parent that went away, until a signal comes', async () => {
  const { child, program } = forked()
  await nextMessage(child)
  child.disconnect()
  program.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  await program.prints(/stopped by SIGTERM/)
})

test('survives a parent that leaves before it is ready', async () => {
  const { child, program } = forked()
  await program.prints(/starting/)
  child.disconnect()
  await program.prints(/keeper: open/)
  program.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('sends and heeds nothing unless it is asked for', async () => {
  const { child, program, messages } = forked({ IPC: 'off' })
  await program.prints(/keeper: open/)
  child.send('shutdown')
  program.kill('SIGTERM')
  expect(await program.exit).toMatchObject({ code: 0 })
  expect(messages).toEqual([])
  expect(program.output).toContain('stopped by SIGTERM')
})

test('does no harm where no parent listens', async () => {
  const program = startProgram(fixture)
  await program.prints(/keeper: open/)
  program.kill('SIGTERM')
  expect(await program.exit).toMatchObject({ code: 0 })
})
