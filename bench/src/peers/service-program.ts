// A service that one of the peers stops, in a process of its own. The environment says which, and what it is like.
import type { AddressInfo } from 'node:net'
import { answerParent } from '../answer-parent.ts'
import { Application, type Protocol } from './application.ts'
import type { Recipe } from './recipe.ts'

const { RECIPE, PROTOCOL = 'http', STALLS = '', WORK = '0', KEEP_ALIVE = '5000' } = process.env
const application = new Application({
  protocol: PROTOCOL as Protocol,
  certificate: PROTOCOL === 'http' ? undefined : (await import('@lastcall/testkit')).certificate,
  stalls: STALLS !== '',
  work: Number(WORK),
  keepAliveTimeout: Number(KEEP_ALIVE),
})
const { recipe } = (await import(`./recipes/${RECIPE}.js`)) as { readonly recipe: Recipe }
const server = await recipe(application)
const { port } = server.address() as AddressInfo
if (process.send) {
  answerParent((question: 'port' | 'processor time') => {
    const { user, system } = process.cpuUsage()
    return question === 'port' ? port : user + system
  })
}
console.log(`listening on http://127.0.0.1:${port}`)
