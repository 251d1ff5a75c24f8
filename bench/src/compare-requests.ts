import { Child } from './child.ts'
import type { Cores } from './choose-cores.ts'
import type { ClientOrder, Sending } from './client-program.ts'
import { Ratios } from './ratios.ts'
import type { ServerKind } from './server-program.ts'

const launches = 14
const connections = 32
/** How long all servers of a launch are warmed up together, in so many goes, in ms. */
const warmUp = 500
const warmUps = 5
const rounds = 20
/** How long one server is measured before the next has its turn, in ms: the shorter, the more alike is the machine. */
const turn = 25
/** How long all servers are measured at the same time, in ms. */
const together = 100

/** The control differs from the bare server in nothing: how far these two differ says how exact the figures are. */
const names = ['adapter', 'bare', 'control'] as const
type Name = (typeof names)[number]
type Figures = Record<Name, number>

/** How one server fares against the bare one. */
export interface Fare {
  /** Requests per second. */
  readonly rate: Ratios
  /** Processor time per request. */
  readonly time: Ratios
}

export interface RequestCosts {
  readonly adapter: Fare
  readonly control: Fare
  /** Which part of the time, side by side, the servers had their core. */
  readonly busy: number
}

interface Round {
  /** Requests per ms, one server after the other. */
  readonly rates: Figures
  /** Processor time per request in µs, side by side. */
  readonly times: Figures
  readonly busy: number
}

/** Serves the same requests with the adapter and without, and measures both. */
export async function compareRequests(cores: Cores): Promise<RequestCosts> {
  const measured: Round[][] = []
  for (let launch = 0; launch < launches; launch += 1) measured.push(await measureLaunch(launch, cores))
  const ratios = (name: Name, figures: 'rates' | 'times'): Ratios =>
    new Ratios(measured.map((launch) => launch.map((round) => round[figures][name] / round[figures].bare)))
  const fare = (name: Name): Fare => ({ rate: ratios(name, 'rates'), time: ratios(name, 'times') })
  const busy = measured.flat().map((round) => round.busy)
  return { adapter: fare('adapter'), control: fare('control'), busy: sum(busy) / busy.length }
}

/** Launches the processes anew: where a program lies in memory makes a difference, which remains as long as it runs. */
async function measureLaunch(launch: number, cores: Cores): Promise<Round[]> {
  const clients = new Child('client-program', cores.client)
  const servers: LoadedServer[] = []
  try {
    for (const name of rotated(names, launch)) servers.push(new LoadedServer(name, cores))
    for (const server of servers) await server.connect(clients)
    for (let go = 0; go < warmUps; go += 1) await send(clients, servers, warmUp)
    const measured: Round[] = []
    for (let round = 0; round < rounds; round += 1) {
      const order = rotated(servers, round)
      measured.push({ rates: await measureRates(clients, order), ...(await measureTimes(clients, order)) })
    }
    return measured
  } finally {
    await Promise.all([clients.end(), ...servers.map((server) => server.end())])
  }
}

/** Every server has a turn, and another in the opposite order: what becomes slower or faster meanwhile does so for all. */
async function measureRates(clients: Child, servers: readonly LoadedServer[]): Promise<Figures> {
  const rates: Figures = { adapter: 0, bare: 0, control: 0 }
  for (const server of [...servers, ...servers.toReversed()]) {
    for (const { requests, duration } of await send(clients, [server], turn)) rates[server.name] += requests / duration
  }
  return rates
}

/** All servers run at the same time: what holds one up holds up the others. */
async function measureTimes(clients: Child, servers: readonly LoadedServer[]): Promise<Pick<Round, 'times' | 'busy'>> {
  const before = await Promise.all(servers.map((server) => server.processorTime()))
  const sent = await send(clients, servers, together)
  const after = await Promise.all(servers.map((server) => server.processorTime()))
  const used = after.map((time, index) => time - (before[index] ?? 0))
  const times: Figures = { adapter: 0, bare: 0, control: 0 }
  for (const [index, { name }] of servers.entries()) times[name] = (used[index] ?? 0) / (sent[index]?.requests ?? 0)
  return { times, busy: sum(used) / 1_000 / Math.max(...sent.map(({ duration }) => duration)) }
}

function send(clients: Child, servers: readonly LoadedServer[], duration: number): Promise<Sending[]> {
  return clients.ask({ sendFor: duration, ports: servers.map(({ port }) => port) } satisfies ClientOrder)
}

/** A server in a process of its own, and the connections to it. */
class LoadedServer {
  readonly name: Name
  port = 0
  readonly #server: Child

  constructor(name: Name, cores: Cores) {
    this.name = name
    const kind: ServerKind = name === 'adapter' ? 'adapter' : 'bare'
    this.#server = new Child('server-program', cores.server, kind, 0)
  }

  async connect(clients: Child): Promise<void> {
    this.port = await this.#server.ask<number>('port')
    await clients.ask({ open: connections, port: this.port } satisfies ClientOrder)
  }

  processorTime(): Promise<number> {
    return this.#server.ask('processor time')
  }

  end(): Promise<void> {
    return this.#server.end()
  }
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
