// Writes the board's file: `npm run board`. A test fails when the file is not what the source gives.
import { writeFileSync } from 'node:fs'
import { boardText } from './board.ts'

writeFileSync('grafana/dashboards/stream-processor.json', boardText())
