/** A runtime, and the packages of the npm registry that hold its binary. */
export interface Release {
  readonly name: string
  readonly runs: 'the suite' | 'the testkit'
  /** A version, or a range of them: the newest is taken. */
  readonly version: string
  /** By `process.platform` and `process.arch`: the package, and the binary inside of it. */
  readonly packages: Readonly<Record<string, readonly [name: string, binary: string]>>
  /** What comes between the binary and the script that it runs. */
  readonly prefix: readonly string[]
}

const nodePackages = Object.fromEntries(
  ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].map(
    (platform) => [platform, [`node-${platform}`, 'bin/node']] as const,
  ),
)

function node(major: number): Release {
  return { name: `node${major}`, runs: 'the suite', version: String(major), packages: nodePackages, prefix: [] }
}

/**
 * Every runtime that is tried. Of a Node the newest release of its major: a patch that breaks something is to be noticed here.
 * Of Bun and Deno one release: what is known to fail is known of that one, and a newer one is a change to both, in one commit.
 */
export const releases: readonly Release[] = [
  node(20),
  node(22),
  node(24),
  node(26),
  {
    name: 'bun',
    runs: 'the testkit',
    version: '1.4.5',
    packages: {
      // The one that runs on processors without AVX2, too.
      'linux-x64': ['@oven/bun-linux-x64-baseline', 'bin/bun'],
      'linux-arm64': ['@oven/bun-linux-aarch64', 'bin/bun'],
      'darwin-x64': ['@oven/bun-darwin-x64', 'bin/bun'],
      'darwin-arm64': ['@oven/bun-darwin-aarch64', 'bin/bun'],
    },
    // Without it, Bun leaves a script that begins with `#!/usr/bin/env node` to Node.
    prefix: ['--bun'],
  },
  {
    name: 'deno',
    runs: 'the testkit',
    version: '2.9.6',
    packages: {
      'linux-x64': ['@deno/linux-x64-glibc', 'deno'],
      'linux-arm64': ['@deno/linux-arm64-glibc', 'deno'],
      'darwin-x64': ['@deno/darwin-x64', 'deno'],
      'darwin-arm64': ['@deno/darwin-arm64', 'deno'],
    },
    prefix: ['run', '--allow-all'],
  },
]
