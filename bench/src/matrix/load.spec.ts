// Run by `run-matrix`, which says in RECIPE which peer's service it is about.
import { declareCases } from './declare-cases.ts'
import { loadCases } from './cases.ts'

declareCases(process.env['RECIPE'] ?? '', loadCases)
