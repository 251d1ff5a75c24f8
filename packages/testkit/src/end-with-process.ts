import type { ChildProcess } from 'node:child_process'

/** Those that are there. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Lets a process that was started from here be killed when this one exits. */
export function endWithProcess(child: ChildProcess): void {
  running.add(child)
  child.once('exit', () => running.delete(child))
}
