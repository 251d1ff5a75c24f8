import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@lastcall/testkit'
import { type Cleanup, searchPath, startCommand } from './start.ts'

/** A Mosquitto with one user, until the test ends. */
export async function startMosquitto(test: Cleanup, password: string): Promise<string> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'lastcall-mosquitto-'))
  test.onTestFinished(() => rmSync(folder, { recursive: true }))
  const passwords = join(folder, 'passwords')
  const config = join(folder, 'config')
  writeFileSync(passwords, '')
  spawnSync('mosquitto_passwd', ['-b', passwords, 'app', password], { env: { ...process.env, PATH: searchPath } })
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\n`)
  // As root, Mosquitto becomes another user before it reads them.
  chmodSync(folder, 0o755)
  chmodSync(passwords, 0o644)
  const server = startCommand(['mosquitto', '-c', config], test)
  await server.prints(/mosquitto version .* running/)
  return `mqtt://app:${password}@127.0.0.1:${port}`
}
