// The most frequent mistake in an application that exists already: the adapter drains another server than the one that listens.
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { start } from './start.ts'

/** Asks for a path, and resolves to the body, or to the code of the error. */
function ask(port: string, path: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('close', () => resolve(body))
    })
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'an error')).end()
  })
}

const advice =
  'The server has never listened and has never had a connection. ' +
  'Pass the server that listens: `expressAdapter(app, { server: app.listen(8089) })`'

describe('expressAdapter(app) beside app.listen()', () => {
  test.concurrent('is warned about 1 s after the start, and is not a clean stop', async (context) => {
    const program = start('express-beside-listen', context)
    await program.prints(/^started in .*\n/m)
    const startedAt = performance.now()
    await program.prints(/^http: The server has never listened.*\n/m)
    expect(performance.now() - startedAt).toBeGreaterThan(900)
    expect(program.output).toContain(`http: ${advice}\n`)
    program.kill('SIGTERM')
    expect(await program.exit).toMatchObject({ code: 1, signal: null })
    expect(program.output).toContain(`http: stop failed: HookUnusedError [ERR_HOOK_UNUSED]: ${advice}\n`)
    expect(program.output).toMatch(/stopped by SIGTERM in .*, not clean\n {2}http .* failed: HookUnusedError: /)
  })

  test.concurrent('that is given the server loses nothing, and is not warned about', async (context) => {
    const program = start('express-beside-listen', context, { env: { GIVEN: 'yes' } })
    const [, port = ''] = await program.prints(/^port (\d+)\n/m)
    await program.prints(/^started in .*\n/m)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    const answer = ask(port, '/slow')
    await new Promise((resolve) => setTimeout(resolve, 100))
    program.kill('SIGTERM')
    expect(await answer).toBe('done')
    expect(await program.exit).toMatchObject({ code: 0, signal: null })
    expect(program.output).not.toContain('never')
  })
})
