import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SignalsSent, SignalVolley } from './signal-volley.ts'

/** Sends signals that are microseconds apart, from a process of its own, to one target after another. */
export class SignalSender {
  readonly #child: ChildProcess
  #last: Promise<unknown> = Promise.resolve()

  constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Sends a volley once those before it are sent. That the target ends meanwhile is no error. */
  send(volley: SignalVolley): Promise<SignalsSent> {
    const sent = this.#last.then(async () => {
      this.#child.send(volley)
      const [answer] = await once(this.#child, 'message')
      return answer as SignalsSent
    })
    this.#last = sent
    return sent
  }

  /** Ends the process that sends. */
  close(): void {
    this.#child.disconnect()
  }
}

/** Starts a sender for many volleys, and resolves when its code is warm. It is the caller's to close. */
export async function startSignalSender(): Promise<SignalSender> {
  const child = fork(fileURLToPath(new URL('signal-sender-program.js', import.meta.url)), { execArgv: [] })
  await once(child, 'message')
  return new SignalSender(child)
}
