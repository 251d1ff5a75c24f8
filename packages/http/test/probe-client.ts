import { connectRaw } from '@lastcall/testkit'

/** An answer as it came. */
export interface Answer {
  readonly status: number
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Asks a server once, over a connection of its own; rejects when that is refused, or closed without an answer. */
export async function ask(port: number, target: string, method = 'GET'): Promise<Answer> {
  const client = await connectRaw(port)
  client.send(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  await client.closed
  if (client.received === '') throw new Error('Expected an answer, got none')
  return parse(client.received)
}

/** Asks a server once, and resolves to the status and what the body says. */
export async function askContent(port: number, target: string): Promise<[number, unknown]> {
  const { status, body } = await ask(port, target)
  return [status, JSON.parse(body)]
}

function parse(received: string): Answer {
  const [head = '', body = ''] = received.split(/\r\n\r\n([^]*)/)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines
    .map((line) => line.split(/: (.*)/))
    .map(([name = '', value = '']) => [name.toLowerCase(), value])
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers) as Answer['headers'], body }
}
