// What every peer is judged by holds for Lastcall; `load.spec` is judged in bench/RESULTS.md, and in the tests of @lastcall/http.
import { singleCases } from '../src/matrix/cases.ts'
import { declareCases } from '../src/matrix/declare-cases.ts'

declareCases('lastcall', singleCases)
