// Its `timeout` is no limit, but how long it waits before it closes: left at its default, 1 s. `kubernetes` is what its
// documentation advises where a load balancer sends requests.
import GracefulServer from '@gquittet/graceful-server'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = async (application) => {
  const server = application.createServer()
  const gracefulServer = GracefulServer(server, { closePromises: [application.closeDatabase], kubernetes: true })
  await listen(server)
  gracefulServer.setReady()
  return server
}
