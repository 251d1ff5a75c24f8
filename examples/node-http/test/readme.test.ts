import { readFile } from 'node:fs/promises'
import { compileProgram, connectRaw, firstProgram, freePort, startProgram } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../../../README.md', import.meta.url)

async function read(path: string): Promise<string> {
  return readFile(new URL(path, import.meta.url), 'utf8')
}

test('the first program of the README runs as it stands, but for its port', async () => {
  const program = await firstProgram(readme)
  const port = await freePort()
  const file = new URL('../dist/readme.js', import.meta.url)
  await compileProgram(program.replace('8089', String(port)), file)
  const running = startProgram(file)
  await running.prints(new RegExp(`http: listening on http://localhost:${port}\n`))
  const client = await connectRaw(port)
  client.get('/')
  await client.receives(/Hello world!\n$/)
  running.kill('SIGTERM')
  expect(await running.exit).toMatchObject({ code: 0 })
})

test('the first code of the README begins by line 15', async () => {
  const lines = (await read('../../../README.md')).split('\n')
  expect(lines.findIndex((line) => line.startsWith('```')) + 1).toBeLessThanOrEqual(15)
})

test('the example is the program of the README, but for a slow path and the port from the environment', async () => {
  const program = await firstProgram(readme)
  const example = (await read('../server.ts')).split('\n')
  const missing = program.split('\n').filter((line) => !example.includes(line))
  expect(missing).toEqual([
    "const server = createServer((_request, response) => response.end('Hello world!\\n'))",
    'lifecycle.register(serverAdapter(server, { listen: { port: 8089 } }))',
  ])
  expect(example.length).toBeLessThanOrEqual(45)
})
