import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** What is going on, until it has ended. */
export interface Progress {
  /** Says that something has happened. */
  say(event: string): void
  end(): void
}

const refreshEvery = 100
const sayEvery = 2_000

/** Prints for a person at a terminal in colour and with a line that moves, and for a pipe plainly. */
export class Screen {
  readonly #stream: NodeJS.WriteStream
  readonly #colour: boolean

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.#colour = stream.isTTY && stream.hasColors()
  }

  /** Text in a style, where there are colours. */
  style(style: Style, text: string): string {
    return this.#colour ? styleText(style, text) : text
  }

  print(text = ''): void {
    this.#stream.write(`${text}\n`)
  }

  /** Shows how far something is, again and again, and how long it has taken. */
  progress(status: () => string): Progress {
    const begin = performance.now()
    let event = ''
    const line = (): string => `  ${((performance.now() - begin) / 1_000).toFixed(1)} s  ${status()}${event}`
    const show = (): void => {
      if (this.#stream.isTTY) this.#stream.write(`\r\u001B[2K${this.style('dim', line())}`)
      else this.print(line())
    }
    const timer = setInterval(show, this.#stream.isTTY ? refreshEvery : sayEvery)
    return {
      say: (text) => {
        event += `, ${text} at ${((performance.now() - begin) / 1_000).toFixed(1)} s`
        show()
      },
      end: () => {
        clearInterval(timer)
        show()
        if (this.#stream.isTTY) this.print()
      },
    }
  }
}
