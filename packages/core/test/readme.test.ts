import { compileProgram, firstProgram, startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

test('the program of the README compiles, finishes its job at SIGTERM, and closes the database behind it', async () => {
  const file = new URL('../dist/readme.js', import.meta.url)
  await compileProgram(await firstProgram(readme), file)
  const running = startProgram(file)
  await running.prints(/mail 1 is delivered\n/)
  running.kill('SIGTERM')
  expect(await running.exit).toMatchObject({ code: 0 })
  expect(running.output).toMatch(
    /shutting down: SIGTERM, up to 5 s\nmail 2 is delivered\nthe database is closed\nstopped by SIGTERM in .* of 5 s\n/,
  )
  expect(running.output).toMatch(/\n  jobs .* 1 task finished, 0 left\n  database .*\n$/)
})

test('the README tells the truth about a job that outlasts its time', async () => {
  const file = new URL('../dist/readme-hung.js', import.meta.url)
  const program = (await firstProgram(readme)).replace('setTimeout(500)', 'setTimeout(60_000)').replace('5_000', '500')
  await compileProgram(program, file)
  const running = startProgram(file)
  await running.prints(/starting\n/)
  running.kill('SIGTERM')
  expect(await running.exit).toMatchObject({ code: 1 })
  expect(running.output).toMatch(/the database is closed\n[^]*\n  jobs .* 0 tasks finished, 1 left\n/)
})
