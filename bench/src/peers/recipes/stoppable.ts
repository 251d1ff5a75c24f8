import stoppable from 'stoppable'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = stoppable(application.createServer(), application.limit)
  process.on('SIGTERM', () => {
    server.stop(() => void application.closeDatabase())
  })
  return listen(server)
}
