import { fileURLToPath } from 'node:url'
import type { Program } from '@lastcall/testkit'
import { launch } from '@lastcall/testkit/launch'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findHaproxy, haproxyMissing } from '../src/haproxy.ts'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** Runs `pnpm rolling`, less the build. */
function rolling(words: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const program = launch(process.execPath, [main, ...words], env)
  // It ends what it has started.
  onTestFinished(() => void program.kill('SIGTERM'))
  return program
}

/** The table that it prints when all is well: the numbers of each row, by the heading above it and its name. */
async function tableOf(program: Program): Promise<Readonly<Record<string, number[]>>> {
  const { code } = await program.exit
  if (code !== 0) throw new Error(`Expected the exit code 0, got ${code}:\n${program.output}`)
  const rows: Record<string, number[]> = {}
  let heading = ''
  for (const line of program.output.split('\n')) {
    const [, indent, name = '', cells = ''] = /^ {2}( *)(\S+(?: \S+)*)((?: {2,}[\d,.]+(?: s)?)*)$/.exec(line) ?? []
    if (indent === '' && cells === '') heading = name
    const numbers = cells.replaceAll(',', '').match(/[\d.]+/g) ?? []
    if (numbers.length > 0) rows[`${heading}: ${name}`] = numbers.map(Number)
  }
  return rows
}

const pools = ['keep-alive connections', 'a connection each']

const haproxy = findHaproxy()
describe.skipIf(haproxy === undefined)(haproxy ? `behind HAProxy ${haproxy.version}` : haproxyMissing, () => {
  test('rolling restarts lose nothing with Lastcall, and something with server.close() alone', async () => {
    const program = rolling(['--rounds', '1', '--only', 'lastcall,close'])
    const rows = await tableOf(program)
    const [keepAlive, fresh] = pools.map((pool) => rows[`${pool}: requests`] ?? [])
    expect(rows).toMatchObject({
      'keep-alive connections: answered whole': [keepAlive?.[0], expect.any(Number)],
      'keep-alive connections: failed': [0, expect.any(Number)],
      'a connection each: answered whole': [fresh?.[0], expect.any(Number)],
      'a connection each: failed': [0, expect.any(Number)],
      'replicas: restarts': [3, 3],
      'replicas: exit code 0': [3, expect.any(Number)],
      // Each request went to HAProxy once.
      'HAProxy: requests': keepAlive?.map((requests, index) => requests + (fresh?.[index] ?? 0)),
      'HAProxy: answers 5xx': [0, expect.any(Number)],
      'HAProxy: no answer': [0, expect.any(Number)],
      'HAProxy: connections refused': [0, expect.any(Number)],
      'HAProxy: answers missing or cut': [0, expect.any(Number)],
      'HAProxy: aborted by a replica': [0, expect.any(Number)],
      'HAProxy: retries': [0, 0],
      'HAProxy: sent elsewhere': [0, 0],
      // One that closes at once may be back before HAProxy has looked at it as often as it must to see it down.
      'HAProxy: replicas seen down': [3, expect.any(Number)],
    })
    for (const pool of pools) {
      expect(rows[`${pool}: requests`]?.[0]).toBeGreaterThan(300)
      expect(rows[`${pool}: failed`]?.[1]).toBeGreaterThan(0)
    }
    expect(rows['HAProxy: connections reused']?.[0]).toBeGreaterThan(300)
    const { output } = program
    expect(output).toMatch(/\nLastcall: no request failed, and none was sent twice\n$/)
    expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    // It goes to a pipe: no colours.
    expect(output.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  }, 150_000)

  test('nor does Lastcall lose anything where HAProxy passes on connections instead of requests', async () => {
    const rows = await tableOf(rolling(['--rounds', '1', '--only', 'lastcall', '--mode', 'tcp']))
    for (const pool of pools) {
      expect(rows[`${pool}: requests`]?.[0]).toBeGreaterThan(300)
      expect(rows[`${pool}: failed`]).toEqual([0])
    }
    expect(rows['HAProxy: connections']?.[0]).toBeGreaterThan(300)
  }, 90_000)
})

test.each([
  [['--rounds', '0'], /^Expected `--rounds` to be a whole number from 1 to 1000, got "0"\n$/],
  [['--rounds', '1.5'], /^Expected `--rounds` to be a whole number from 1 to 1000, got "1.5"\n$/],
  [['--only', 'lastcall,open'], /^Expected `--only` to be some of lastcall,close,delayed-close .*, got "open"\n$/],
  [['--mode', 'udp'], /^Expected `--mode` to be one of http, tcp, got "udp"\n$/],
  [['--reuse', 'often'], /^Expected `--reuse` to be one of never, safe, aggressive, always, got "often"\n$/],
  [['--round', '1'], /^Unknown option '--round'/],
])('with %j says what it expects', async (words, message) => {
  const program = rolling(words)
  expect(await program.exit).toMatchObject({ code: 2 })
  expect(program.output).toMatch(message)
})

test('without HAProxy says how to get it, and that nothing is shown', async () => {
  const program = rolling([], { HAPROXY: '/nowhere/haproxy' })
  expect(await program.exit).toMatchObject({ code: 2 })
  expect(program.output).toMatch(
    /^Skipped, nothing is shown: there is no HAProxy here; .*: apt-get install .* haproxy\n$/,
  )
})
