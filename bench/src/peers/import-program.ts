// Prints how long it takes to import the packages that are named, in ms, where node:http is there already.
import 'node:http' // oxlint-disable-line import/no-unassigned-import -- so that its time does not count

const begin = performance.now()
for (const name of process.argv.slice(2)) await import(name)
console.log(performance.now() - begin)
