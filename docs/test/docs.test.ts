import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { Lifecycle, StopReport } from '@lastcall/core'
import { ProbeResponder } from '@lastcall/http'
import { compileProgram, startProgram } from '@lastcall/testkit'
import { describe, expect, test } from 'vitest'
import { freeNames } from './free-names.ts'
import { constantOf, numberOf, statementFaults } from './numbers.ts'
import { blocksOf, blockWith, linkingFiles, pageNames, read } from './pages.ts'
import {
  composeFaults,
  type Defaults,
  haproxyFaults,
  kubernetesFaults,
  pm2Faults,
  systemdFaults,
  timeoutOf,
} from './platforms.ts'
import { statements } from './statements.ts'

const root = new URL('../../', import.meta.url)
const names = await pageNames()
const platforms = await read('docs/3-platforms.md')

const defaults: Defaults = {
  timeout: await numberOf('core/src/lifecycle.ts#defaultTimeout'),
  startTimeout: await numberOf('core/src/lifecycle.ts#defaultStartTimeout'),
  exitTimeout: await numberOf('core/src/run.ts#defaultExitTimeout'),
  checkTimeout: await numberOf('core/src/lifecycle.ts#defaultCheckTimeout'),
  livez: (await constantOf('http/src/probes/probe-responder.ts#defaultLivez')) as string,
  readyz: (await constantOf('http/src/probes/probe-responder.ts#defaultReadyz')) as string[],
}

/** Replaces a part of a text that is there once. */
function mutate(text: string, part: string, replacement: string): string {
  expect(text.split(part)).toHaveLength(2)
  return text.replace(part, replacement)
}

describe('the pages', () => {
  test('are numbered from 1 without a gap', () => {
    expect(names.map((name) => Number(name.split('-')[0]))).toEqual(names.map((_, index) => index + 1))
  })

  test('are listed in the README in reading order', async () => {
    const listed = [...(await read('README.md')).matchAll(/^\d\. \[.+\]\(docs\/(.+\.md)\)/gm)].map(([, name]) => name)
    expect(listed).toEqual(names)
  })
})

describe('links', async () => {
  test.each(await linkingFiles())('of %s lead to files and headings that are there', async (file) => {
    const text = await read(file)
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const broken: string[] = []
    for (const target of targets.filter((each) => !each.startsWith('https://'))) {
      const { pathname, hash } = new URL(target, new URL(file, root))
      const path = pathname.slice(root.pathname.length)
      if (!existsSync(new URL(path, root))) broken.push(target)
      else if (hash !== '' && !anchorsOf(await read(path)).includes(hash)) broken.push(target)
    }
    expect(broken).toEqual([])
  })

  test('are many', async () => {
    const texts = await Promise.all((await linkingFiles()).map(read))
    expect(texts.join('').match(/\]\((?!https:)[^)\s]+\)/g)?.length).toBeGreaterThan(10)
  })
})

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = '']) =>
      `#${heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-')}`,
  )
}

describe('programs', async () => {
  const pages = await Promise.all(names.map(async (name) => ({ name, blocks: blocksOf(await read(`docs/${name}`)) })))
  const programs = pages.flatMap(({ name, blocks }) =>
    blocks.flatMap(({ language, code }, index) => {
      if (!/^[jt]s$/.test(language) || !code.includes("'@lastcall/")) return []
      return [{ name, number: index + 1, language: language as 'js' | 'ts', code }]
    }),
  )

  test.each(programs)('$name: block $number type checks', async ({ name, number, language, code }) => {
    const file = new URL(`../dist/${name.replace('.md', '')}-${number}.js`, import.meta.url)
    await expect(compileProgram(code, file, { names: freeNames[name], language })).resolves.toBeUndefined()
  })

  test('are those that use Lastcall', () => {
    expect(programs.map(({ name }) => name.slice(0, 1)).join('')).toBe('22344455555')
  })

  // The types of Node want a subscriber to each of the five events, Node itself does not: so this one is run.
  test('that trace are told of each call of a hook', async () => {
    const subscriber = blockWith(await read('docs/1-semantics.md'), 'js', 'tracingChannel')
    const stop = `import { Lifecycle } from '@lastcall/core'
const lifecycle = new Lifecycle()
lifecycle.register('cache', () => {})
lifecycle.register('database', () => Promise.reject(new Error('no')))
await lifecycle.stop()
`
    const file = new URL('../dist/tracing.js', import.meta.url)
    await mkdir(new URL('.', file), { recursive: true })
    await writeFile(file, subscriber + stop)
    const program = startProgram(file)
    expect(await program.exit).toMatchObject({ code: 0 })
    expect(program.output).toBe('stop of database failed\nstop of cache done\n')
  })

  test('with an option that there is none of do not type check', async () => {
    const file = new URL('../dist/wrong.js', import.meta.url)
    const program = mutate(blockWith(platforms, 'js', '@lastcall/'), 'stopDelay:', 'stopDelays:')
    await expect(compileProgram(program, file, { language: 'js' })).rejects.toThrow(
      /'stopDelays' does not exist in type/,
    )
  })
})

describe('numbers', () => {
  test.each(statements)('$page: $pattern is $constant', async (statement) => {
    const text = await read(statement.page)
    expect(await statementFaults(text, statement)).toEqual([])
    const [whole = '', number = ''] = statement.pattern.exec(text) ?? []
    const wrong = text.replace(whole, whole.replace(number, `${number}7`))
    expect(await statementFaults(wrong, statement)).toHaveLength(1)
  })
})

test('the picture of a report is one that is drawn', async () => {
  const page = await read('docs/1-semantics.md')
  const picture = /^ {4}stopped by SIGTERM.*\n(?: {4}.*\n)+/m.exec(page)?.[0]
  const startedAt = 1_000_000
  const hook = (name: string, from: number, duration: number, detail?: string) =>
    ({ name, outcome: 'stopped', startedAt: startedAt + from, duration, detail }) as const
  const hooks = [
    hook('http', 0, 1_520, '312 requests finished, 0 cut'),
    hook('worker', 1_520, 210),
    hook('postgres', 1_730, 110),
  ]
  const facts = { reason: 'SIGTERM', timeout: defaults.timeout, scale: 1, startedAt, duration: 1_840, errors: [] }
  expect(picture?.trimEnd().replaceAll(/^ {4}/gm, '')).toBe(String(new StopReport({ ...facts, hooks })))
})

/** An answer as the page writes it. */
async function told(responder: ProbeResponder, path: string): Promise<string> {
  const { status, body } = (await responder.respond('GET', path)) ?? { status: 0, body: '' }
  return `${status} \`${body.trimEnd().replace(/\[{.*}\]/, '[…]')}\``
}

describe('probes', async () => {
  const page = await read('docs/2-http.md')

  test('are answered as the page says', async () => {
    let healthy = true
    const check = (): void => {
      if (!healthy) throw new Error('no')
    }
    const lifecycle = new Lifecycle()
    lifecycle.register({ name: 'postgres', start: () => {}, check })
    const responder = new ProbeResponder(lifecycle, { cache: 0 })
    const answers = [await told(responder, '/livez'), await told(responder, '/readyz')]
    await lifecycle.start()
    answers.push(await told(responder, '/readyz'))
    healthy = false
    answers.push(await told(responder, '/healthz'))
    lifecycle.register('slow', async () => void answers.push(await told(responder, '/healthz')))
    await lifecycle.stop()
    expect(answers.map((answer) => answer.split(' ')[0])).toEqual(['200', '503', '200', '503', '503'])
    expect(answers.filter((answer) => !page.includes(answer))).toEqual([])
  })

  test('have the paths that the page says', () => {
    expect(page).toMatch(new RegExp(`\\| \`livez\` +\\| \`'${defaults.livez}'\``))
    expect(page).toMatch(new RegExp(`\\| \`readyz\` +\\| \`\\['${defaults.readyz.join("', '")}'\\]\``))
  })
})

describe('Kubernetes', () => {
  const manifest = blockWith(platforms, 'yaml', 'kind: Deployment')
  const program = blockWith(platforms, 'js', 'probeServer')

  test('gives the program the time that it takes, and asks where it answers', () => {
    expect(kubernetesFaults(manifest, program, defaults)).toEqual([])
  })

  test.each([
    ['grace period', 'terminationGracePeriodSeconds: 30', 'terminationGracePeriodSeconds: 26'],
    ['readiness noticed within stopDelay.max', 'periodSeconds: 5', 'periodSeconds: 8'],
    ['readiness timeout', '1\n            failureThreshold: 2', '0\n            failureThreshold: 2'],
    ['liveness timeout', '1\n            failureThreshold: 3', '0\n            failureThreshold: 3'],
    ['http port', 'containerPort: 8080', 'containerPort: 80'],
    ['http port', 'name: http,', 'name: web,'],
    ['readiness port', 'path: /readyz, port: probes', 'path: /readyz, port: http'],
    ['liveness port', 'path: /livez, port: probes', 'path: /livez, port: 8081'],
    ['readiness path', 'path: /readyz', 'path: /ready'],
    ['liveness path', 'path: /livez', 'path: /readyz'],
    ['no preStop', 'image: shop', 'lifecycle: { preStop: { sleep: { seconds: 5 } } }\n          image: shop'],
  ])('with another manifest breaks the rule "%s"', (rule, part, replacement) => {
    expect(kubernetesFaults(mutate(manifest, part, replacement), program, defaults)).toEqual([rule])
  })

  test.each([
    [['grace period'], 'timeout: 25_000', 'timeout: 29_000'],
    [['stopDelay.max within timeout'], 'timeout: 25_000', 'timeout: 15_000'],
    [['readiness noticed within stopDelay.max'], 'max: 15_000', 'max: 9_000'],
    [['probes port', 'readiness port', 'liveness port'], 'port: 8081', 'port: 9090'],
    [['http port'], 'port: 8080', 'port: 3000'],
  ])('with another program breaks the rules %j', (rules, part, replacement) => {
    expect(kubernetesFaults(manifest, mutate(program, part, replacement), defaults)).toEqual(rules)
  })
})

describe('HAProxy', () => {
  const backend = blockWith(platforms, 'haproxy', 'backend')

  test('notices in time that the program is not ready, and asks where it answers', () => {
    expect(haproxyFaults(backend, platforms, defaults)).toEqual([])
  })

  test.each([
    [['time to notice', 'readiness noticed within stopDelay'], 'inter 1s', 'inter 2s'],
    [['time to notice', 'readiness noticed within stopDelay'], 'fall 2', 'fall 3'],
    [['time to notice'], 'fall 2', 'fall 1'],
    [['readiness path'], '/readyz', '/ready'],
  ])('with another backend breaks the rules %j', (rules, part, replacement) => {
    expect(haproxyFaults(mutate(backend, part, replacement), platforms, defaults)).toEqual(rules)
  })
})

describe('other platforms', () => {
  const timeout = timeoutOf(blockWith(platforms, 'js', 'probeServer'))
  const compose = blockWith(platforms, 'yaml', 'services:')
  const unit = blockWith(platforms, 'ini', '[Service]')
  const pm2 = blockWith(platforms, 'js', 'module.exports')

  test('give the program the time that it takes', () => {
    expect(composeFaults(compose, timeout, defaults)).toEqual([])
    expect(systemdFaults(unit, timeout, defaults)).toEqual([])
    expect(pm2Faults(pm2, defaults)).toEqual([])
  })

  test('of which Compose, with less, does not', () => {
    const short = mutate(compose, 'stop_grace_period: 30s', 'stop_grace_period: 26s')
    expect(composeFaults(short, timeout, defaults)).toEqual(['shop: grace period'])
    expect(composeFaults(mutate(compose, 'stop_grace_period: 30s', ''), timeout, defaults)).toHaveLength(1)
    expect(composeFaults(mutate(compose, 'init: true', 'init: false'), timeout, defaults)).toEqual(['shop: init'])
  })

  test('of which systemd, with less, does not', () => {
    const short = mutate(unit, 'TimeoutStopSec=30', 'TimeoutStopSec=26')
    expect(systemdFaults(short, timeout, defaults)).toEqual(['TimeoutStopSec'])
    expect(systemdFaults(mutate(unit, 'KillMode=mixed\n', ''), timeout, defaults)).toEqual(['KillMode'])
  })

  test.each([
    ['kill_timeout', 'kill_timeout: 12_000', 'kill_timeout: 10_999'],
    ['listen_timeout', 'listen_timeout: 60_000', 'listen_timeout: 3_000'],
    ['wait_ready', 'wait_ready: true', 'wait_ready: false'],
    ['shutdown_with_message', 'shutdown_with_message: true', 'shutdown_with_message: false'],
  ])('of which PM2, with another %s, does not', (rule, part, replacement) => {
    expect(pm2Faults(mutate(pm2, part, replacement), defaults)).toEqual([rule])
  })

  test('start the program without a shell in between', () => {
    expect(blockWith(platforms, 'dockerfile', 'CMD')).toBe('CMD ["node", "server.js"]\n')
    const { scripts } = JSON.parse(blockWith(platforms, 'json', 'scripts')) as { scripts: { start: string } }
    expect(scripts.start).toMatch(/^exec node /)
  })
})
