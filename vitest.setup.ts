import { execFileSync } from 'node:child_process'

/** Builds once, so that no test meets a stale `dist`. */
export function setup(): void {
  execFileSync('tsc', ['--build'], { stdio: 'inherit' })
}
