// It does not end the process by itself, and its README does not either.
import { createHttpTerminator } from 'http-terminator'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = application.createServer()
  const httpTerminator = createHttpTerminator({ server, gracefulTerminationTimeout: application.limit })
  process.on('SIGTERM', async () => {
    await httpTerminator.terminate()
    await application.closeDatabase()
  })
  return listen(server)
}
