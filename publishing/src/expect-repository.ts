// Ends with code 1 where a package cannot be published with provenance, and says what is missing.
import { publishedPackages } from './published-packages.ts'
import { repositoryFaults } from './repository-faults.ts'

const faults = repositoryFaults(await publishedPackages())
for (const fault of faults) process.stderr.write(`${fault}\n`)
if (faults.length > 0) {
  process.stderr.write('Provenance needs the address of the repository: see "Releasing" in CONTRIBUTING.md.\n')
  process.exitCode = 1
}
