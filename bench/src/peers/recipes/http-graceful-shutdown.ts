import gracefulShutdown from 'http-graceful-shutdown'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = application.createServer()
  gracefulShutdown(server, { timeout: application.limit, onShutdown: application.closeDatabase })
  return listen(server)
}
