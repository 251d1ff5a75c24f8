// It knows no limit of time.
import withShutdown from 'http-shutdown'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = withShutdown(application.createServer())
  process.on('SIGTERM', () => {
    server.shutdown(() => void application.closeDatabase())
  })
  return listen(server)
}
