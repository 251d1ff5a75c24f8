import { Child } from './child.ts'
import type { Cores } from './choose-cores.ts'
import type { ClientOrder, Sending } from './client-program.ts'
import { Ratios } from './ratios.ts'

const connections = 32
/** How long all servers of a launch are warmed up together, in so many goes, in ms for each. */
const warmUp = 170
const warmUps = 5
/** How long one server is measured before the next has its turn, in ms: the shorter, the more alike is the machine. */
const turn = 25
/** How long all servers are measured at the same time, in ms for each. */
const together = 33

/** A server in a process of its own, which can be asked for its `port` and its `processor time`. */
export interface Contender {
  readonly name: string
  readonly launch: (core: number | undefined) => Child
}

/** How often everything is measured. */
export interface Repetitions {
  readonly launches: number
  /** How many rounds each launch has. */
  readonly rounds: number
}

/** How one server fares against the bare one. */
export interface Fare {
  /** Requests per second. */
  readonly rate: Ratios
  /** Processor time per request. */
  readonly time: Ratios
}

export interface RequestCosts {
  /** Tells how a contender fares, by its name. */
  readonly fareOf: (name: string) => Fare
  /** Which part of the time, side by side, the servers had their core. */
  readonly busy: number
}

/** By the name of the contender. */
type Figures = ReadonlyMap<string, number>

interface Round {
  /** Requests per ms, one server after the other. */
  readonly rates: Figures
  /** Processor time per request in µs, side by side. */
  readonly times: Figures
  readonly busy: number
}

/** Lets all contenders serve the same requests, and measures each against the first one. */
export async function compareRequests(
  contenders: readonly Contender[],
  cores: Cores,
  { launches, rounds }: Repetitions,
): Promise<RequestCosts> {
  const measured: Round[][] = []
  for (let launch = 0; launch < launches; launch += 1) {
    measured.push(await measureLaunch(rotated(contenders, launch), cores, rounds))
  }
  const [bare = { name: '' }] = contenders
  const ratios = (name: string, figures: 'rates' | 'times'): Ratios =>
    new Ratios(measured.map((launch) => launch.map((round) => ratio(round[figures], name, bare.name))))
  const fareOf = (name: string): Fare => {
    if (!contenders.some((contender) => contender.name === name))
      throw new Error(`Expected that "${name}" was measured`)
    return { rate: ratios(name, 'rates'), time: ratios(name, 'times') }
  }
  const busy = measured.flat().map((round) => round.busy)
  return { fareOf, busy: sum(busy) / busy.length }
}

function ratio(figures: Figures, one: string, other: string): number {
  return (figures.get(one) ?? Number.NaN) / (figures.get(other) ?? Number.NaN)
}

/** Launches the processes anew: where a program lies in memory makes a difference, which remains as long as it runs. */
async function measureLaunch(contenders: readonly Contender[], cores: Cores, rounds: number): Promise<Round[]> {
  const clients = new Child('client-program', { core: cores.client })
  const servers: LoadedServer[] = []
  try {
    for (const contender of contenders) servers.push(new LoadedServer(contender, cores.server))
    for (const server of servers) await server.connect(clients)
    for (let go = 0; go < warmUps; go += 1) await send(clients, servers, warmUp * servers.length)
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
  const rates = new Map<string, number>()
  for (const server of [...servers, ...servers.toReversed()]) {
    const [{ requests, duration } = { requests: 0, duration: 1 }] = await send(clients, [server], turn)
    rates.set(server.name, (rates.get(server.name) ?? 0) + requests / duration)
  }
  return rates
}

/** All servers run at the same time: what holds one up holds up the others. */
async function measureTimes(clients: Child, servers: readonly LoadedServer[]): Promise<Pick<Round, 'times' | 'busy'>> {
  const before = await Promise.all(servers.map((server) => server.processorTime()))
  const sent = await send(clients, servers, together * servers.length)
  const after = await Promise.all(servers.map((server) => server.processorTime()))
  const used = after.map((time, index) => time - (before[index] ?? 0))
  const times = servers.map(({ name }, index) => [name, (used[index] ?? 0) / (sent[index]?.requests ?? 0)] as const)
  return { times: new Map(times), busy: sum(used) / 1_000 / Math.max(...sent.map(({ duration }) => duration)) }
}

function send(clients: Child, servers: readonly LoadedServer[], duration: number): Promise<Sending[]> {
  return clients.ask({ sendFor: duration, ports: servers.map(({ port }) => port) } satisfies ClientOrder)
}

/** A server in a process of its own, and the connections to it. */
class LoadedServer {
  readonly name: string
  port = 0
  readonly #server: Child

  constructor({ name, launch }: Contender, core: number | undefined) {
    this.name = name
    this.#server = launch(core)
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
