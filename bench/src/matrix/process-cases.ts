import { startSignalSender } from '@lastcall/testkit'
import { type Case, casesOf } from './case.ts'
import { type Service, stillThere } from './service.ts'

const runs = 10
/** Between two signals, in µs. */
const gap = 400

/** Cases of signals, exit codes, and what is told. */
export const processCases: readonly Case[] = casesOf('The process', [
  {
    name: 'it exits with 0 when everything has stopped cleanly',
    run: async (launch) => {
      const service = await launch()
      const client = await service.ask('/slow')
      service.stop()
      const wrong = await service.lacks(client, /\r\n\r\ndone$/)
      client.destroy()
      return wrong ?? howNotExited(service, (code) => code === 0)
    },
  },
  {
    name: 'it exits with another code when the database never closes',
    run: async (launch) => {
      const service = await launch({ stalls: true })
      service.stop()
      return howNotExited(service, (code) => code !== 0)
    },
  },
  {
    name: `two SIGTERMs ${gap / 1_000} ms apart close the database too`,
    run: async (launch) => {
      const sender = await startSignalSender()
      let killed = 0
      try {
        for (let run = 0; run < runs; run += 1) {
          const service = await launch()
          await sender.send({ pid: service.program.pid, signals: ['SIGTERM', 'SIGTERM'], gap })
          await service.program.exit
          if (!service.program.output.includes('the database is closed')) killed += 1
        }
      } finally {
        sender.close()
      }
      return killed > 0 ? `it did not in ${killed} of ${runs} stops` : undefined
    },
  },
  {
    name: 'a crash cuts no request in flight, and the code is not 0',
    run: async (launch) => {
      const service = await launch()
      const client = await service.ask('/slow')
      await service.crash()
      return (await service.lacks(client, /\r\n\r\ndone$/)) ?? howNotExited(service, (code) => code !== 0)
    },
  },
  {
    name: 'what had to be cut is named',
    run: async (launch) => {
      const service = await launch()
      await service.ask('/never')
      service.stop()
      await service.ends()
      return /\/never/.test(service.program.output.replace('asked for /never', '')) ? undefined : 'nothing names it'
    },
  },
])

async function howNotExited(service: Service, right: (code: number | null) => boolean): Promise<string | undefined> {
  const exit = await service.ends()
  if (!exit) return stillThere
  if (exit.signal) return `killed by ${exit.signal}`
  return right(exit.code) ? undefined : `exits with ${exit.code}`
}
