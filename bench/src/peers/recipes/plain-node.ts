// As the documentation of Express has it under "Health Checks and Graceful Shutdown".
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = application.createServer()
  process.on('SIGTERM', () => {
    server.close(() => void application.closeDatabase())
  })
  return listen(server)
}
