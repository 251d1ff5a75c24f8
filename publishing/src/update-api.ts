// Writes the API reports anew, and says which have changed.
import { compareApi } from './api-report.ts'
import { publishedPackages } from './published-packages.ts'

for (const each of await publishedPackages()) {
  const { changed, faults } = compareApi(each, true)
  process.stdout.write(`publishing/api/${each.id}.api.md: ${changed ? 'changed' : 'as it was'}\n`)
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
}
