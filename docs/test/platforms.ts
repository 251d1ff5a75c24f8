import { runInNewContext } from 'node:vm'
import { parse } from 'yaml'
import { numberIn } from './numbers.ts'

/** What the code of this repository holds and a platform must respect, in ms. */
export interface Defaults {
  readonly timeout: number
  readonly startTimeout: number
  readonly exitTimeout: number
  readonly checkTimeout: number
  readonly livez: string
  readonly readyz: readonly string[]
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly failureThreshold: number
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly lifecycle?: unknown
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly [Container] }
    }
  }
}

/** What is not counted in the timeouts, in ms. */
const spare = 1_000

/** Names each rule that is broken. */
function broken(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]))
}

/** Reads the `timeout` of the lifecycle of a program. */
export function timeoutOf(program: string): number {
  return numberIn(program, /new Lifecycle\(\{ timeout: ([\d_]+) \}\)/)
}

/** Says what does not fit in a Kubernetes manifest and the program that it runs. */
export function kubernetesFaults(manifest: string, program: string, defaults: Defaults): string[] {
  const { terminationGracePeriodSeconds, containers } = (parse(manifest) as Deployment).spec.template.spec
  const [{ ports, readinessProbe, livenessProbe, lifecycle }] = containers
  const timeout = timeoutOf(program)
  const longestDelay = numberIn(program, /stopDelay: \{[^}]*max: ([\d_]+)/)
  const numbers = new Map(ports.map(({ name, containerPort }) => [name, containerPort]))
  const noticed = readinessProbe.periodSeconds * readinessProbe.failureThreshold * 1_000
  const probesPort = numberIn(program, /probeServer\(lifecycle, \{ port: ([\d_]+)/)
  return broken({
    'grace period': terminationGracePeriodSeconds * 1_000 >= timeout + defaults.exitTimeout + spare,
    'no preStop': lifecycle === undefined,
    'stopDelay.max within timeout': longestDelay < timeout,
    'readiness noticed within stopDelay.max': noticed <= longestDelay,
    'readiness timeout': readinessProbe.timeoutSeconds * 1_000 >= defaults.checkTimeout,
    'liveness timeout': livenessProbe.timeoutSeconds * 1_000 >= defaults.checkTimeout,
    'http port': numbers.get('http') === numberIn(program, /listen: \{ port: ([\d_]+)/),
    'probes port': numbers.get('probes') === probesPort,
    'readiness port': numbers.get(readinessProbe.httpGet.port) === probesPort,
    'liveness port': numbers.get(livenessProbe.httpGet.port) === probesPort,
    'readiness path': defaults.readyz.includes(readinessProbe.httpGet.path),
    'liveness path': livenessProbe.httpGet.path === defaults.livez,
  })
}

/** Says what does not fit in a Compose file. */
export function composeFaults(file: string, timeout: number, { exitTimeout }: Defaults): string[] {
  const { services } = parse(file) as { services: Record<string, { stop_grace_period?: string; init?: boolean }> }
  return Object.entries(services).flatMap(([name, { stop_grace_period: period = '10s', init }]) =>
    broken({
      [`${name}: grace period`]: seconds(period) * 1_000 >= timeout + exitTimeout + spare,
      [`${name}: init`]: init === true,
    }),
  )
}

/** Says what does not fit in a unit of systemd. */
export function systemdFaults(unit: string, timeout: number, { exitTimeout }: Defaults): string[] {
  const [, stopSeconds = '0'] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? []
  return broken({
    TimeoutStopSec: Number(stopSeconds) * 1_000 >= timeout + exitTimeout + spare,
    KillMode: /^KillMode=mixed$/m.test(unit),
  })
}

/** Says what does not fit in a backend of HAProxy and what the page says of it. */
export function haproxyFaults(backend: string, page: string, { readyz }: Defaults): string[] {
  const milliseconds = (name: string): number => numberIn(backend, new RegExp(`${name} (\\d+)s`)) * 1_000
  const noticed = numberIn(backend, /fall (\d+)/) * (milliseconds('inter') + milliseconds('timeout check'))
  const [, path = ''] = /^ {2}option httpchk GET (\S+)$/m.exec(backend) ?? []
  return broken({
    'readiness path': readyz.includes(path),
    'time to notice': noticed === numberIn(page, /`timeout check`\), here (\d+) s/) * 1_000,
    'readiness noticed within stopDelay': noticed < numberIn(page, /`stopDelay: ([\d_]+)`\s+is above that/),
  })
}

/** Says what does not fit in a PM2 configuration. */
export function pm2Faults(config: string, { timeout, startTimeout, exitTimeout }: Defaults): string[] {
  const module = { exports: {} as { apps?: Record<string, unknown>[] } }
  runInNewContext(config, { module })
  const [app = {}] = module.exports.apps ?? []
  return broken({
    kill_timeout: Number(app['kill_timeout']) >= timeout + exitTimeout + spare,
    listen_timeout: Number(app['listen_timeout']) >= startTimeout,
    wait_ready: app['wait_ready'] === true,
    shutdown_with_message: app['shutdown_with_message'] === true,
  })
}

function seconds(period: string): number {
  const [, number] = /^(\d+)s$/.exec(period) ?? []
  return Number(number)
}
