import { mergeScriptCovs } from '@bcoe/v8-coverage'
import type { Profiler } from 'node:inspector'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Adds up what all processes that ran with `NODE_V8_COVERAGE` have counted.
 *
 * @param folder - The folder that `NODE_V8_COVERAGE` named.
 * @param urls - The scripts that matter.
 * @returns Each script that was loaded at all, by its URL.
 */
export async function readScriptCoverage(
  folder: string,
  urls: ReadonlySet<string>,
): Promise<Map<string, Profiler.ScriptCoverage>> {
  const found = new Map<string, Profiler.ScriptCoverage[]>()
  for (const name of await readdir(folder)) {
    for (const script of await scriptsIn(join(folder, name))) {
      if (urls.has(script.url)) found.set(script.url, [...(found.get(script.url) ?? []), script])
    }
  }
  const merged = new Map<string, Profiler.ScriptCoverage>()
  for (const [url, scripts] of found) {
    const script = mergeScriptCovs(scripts)
    if (script) merged.set(url, script)
  }
  return merged
}

async function scriptsIn(file: string): Promise<readonly Profiler.ScriptCoverage[]> {
  const text = await readFile(file, 'utf8')
  // A process that was killed while it wrote leaves a part of a file.
  if (!text.endsWith('}')) return []
  return (JSON.parse(text) as { readonly result: readonly Profiler.ScriptCoverage[] }).result
}
