// `useExit0` is what its README advises under Kubernetes.
import { createTerminus } from '@godaddy/terminus'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = application.createServer()
  createTerminus(server, {
    healthChecks: { '/healthcheck': () => Promise.resolve() },
    timeout: application.limit,
    useExit0: true,
    onSignal: application.closeDatabase,
  })
  return listen(server)
}
