// Run by `run-matrix`, which says in RECIPE which peer's service it is about.
import { singleCases } from './cases.ts'
import { declareCases } from './declare-cases.ts'

declareCases(process.env['RECIPE'] ?? '', singleCases)
