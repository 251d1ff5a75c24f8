/** What is to be sent to a probe. */
export interface ProbeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body, as text; empty for HEAD, whose headers are those of GET. */
  readonly body: string
}

/** An answer in JSON to a request of some method. Nobody must keep it: the next one may differ. */
export function jsonAnswer(
  method: string,
  { status, content, headers = {} }: { status: number; content: object; headers?: Readonly<Record<string, string>> },
): ProbeAnswer {
  const body = `${JSON.stringify(content)}\n`
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
      ...headers,
    },
    body: method === 'HEAD' ? '' : body,
  }
}
