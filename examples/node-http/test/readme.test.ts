import { readFile } from 'node:fs/promises'
import { connectRaw, firstProgram, startReadme } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const readme = new URL('../../../README.md', import.meta.url)

async function read(path: string): Promise<string> {
  return readFile(new URL(path, import.meta.url), 'utf8')
}

test('the first program of the README runs as it stands, but for its port', async () => {
  const { program, port } = await startReadme(readme, new URL('../dist/readme.js', import.meta.url))
  const client = await connectRaw(port)
  client.get('/')
  await client.receives(/Hello world!\n$/)
  program.kill('SIGTERM')
  expect(await program.exit).toMatchObject({ code: 0 })
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
