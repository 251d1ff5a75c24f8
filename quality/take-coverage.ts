import { takeCoverage } from 'node:v8'
import { afterAll } from 'vitest'

// The process that runs the tests may be ended before it writes what it has counted.
afterAll(() => takeCoverage())
