declare module '@bcoe/v8-coverage' {
  import type { Profiler } from 'node:inspector'

  /** Merges what several processes counted of one script. */
  export function mergeScriptCovs(scripts: readonly Profiler.ScriptCoverage[]): Profiler.ScriptCoverage | undefined
}
