// One server, one load, stopped twice by SIGTERM: with Lastcall, and with nothing but `server.close()`.
import { formatDuration, formatLimit } from '@lastcall/core'
import { loadText } from './load.ts'
import { Screen } from './screen.ts'
import { type Observation, observe, patience } from './trial.ts'

const screen = new Screen(process.stdout)

async function trial(title: string, server: string): Promise<Observation> {
  screen.print(screen.style('bold', title))
  const observation = await observe(server, screen)
  screen.print('  what the server printed:')
  for (const line of observation.output.trimEnd().split('\n')) screen.print(`${screen.style('cyan', '│')} ${line}`)
  screen.print()
  return observation
}

function compare(lastcall: Observation, plain: Observation): void {
  const rows: [string, (observation: Observation) => string, ((observation: Observation) => boolean)?][] = [
    ['time to exit', timeToExit, ({ killed }) => !killed],
    ['requests answered', ({ answered }) => answered.toLocaleString('en')],
    ['requests lost', ({ lost }) => lost.toLocaleString('en'), ({ lost }) => lost === 0],
    ['exit code', exitCode, ({ exitCode: code }) => code === 0],
  ]
  screen.print(screen.style('bold', `${' '.repeat(22)}${'Lastcall'.padEnd(28)}server.close()`))
  for (const [name, value, good] of rows) {
    const cell = (observation: Observation): string => {
      const text = value(observation).padEnd(28)
      return good ? screen.style(good(observation) ? 'green' : 'red', text) : text
    }
    screen.print(`  ${name.padEnd(20)}${cell(lastcall)}${cell(plain)}`.trimEnd())
  }
}

function timeToExit({ timeToExit: time, killed }: Observation): string {
  return killed ? `never: killed after ${formatDuration(time)}` : formatDuration(time)
}

function exitCode({ exitCode: code }: Observation): string {
  return code === null ? 'none (SIGKILL)' : String(code)
}

// Whoever ends the demo ends its servers too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

screen.print(`One server on Node.js ${process.version}, stopped by SIGTERM under load; twice.`)
screen.print(`The load: ${loadText}.`)
screen.print(`Who still runs ${formatLimit(patience)} after SIGTERM is killed, as by Docker and Cloud Run.`)
screen.print()
const lastcall = await trial('1. With Lastcall: examples/node-http', import.meta.resolve('@lastcall/example-node-http'))
const plain = await trial('2. With nothing but server.close()', import.meta.resolve('./plain-server.js'))
compare(lastcall, plain)
