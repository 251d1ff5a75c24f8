const { Lifecycle } = require('@lastcall/core')
const { serve } = require('./serve.cjs')
const { servers } = require('./servers.cjs')

async function main() {
  const results = Object.entries(servers).map(async ([name, create]) => [name, await serve(new Lifecycle(), create)])
  process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(results))))
}

void main()
