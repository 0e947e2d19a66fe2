import { keptReading } from "./kept-reading.ts";
import {
  assessmentSchema,
  lookSchema,
  proposalRecordSchema,
  scanSchema,
  verdictRecordSchema,
} from "./records.ts";

/** How those records are read that every step of the pipeline asks for again. */
export type Readings = ReturnType<typeof createReadings>;

/** Readings of one store: each keeps what it read last. */
export function createReadings() {
  return {
    verdict: keptReading(verdictRecordSchema),
    assessment: keptReading(assessmentSchema),
    proposal: keptReading(proposalRecordSchema),
    scan: keptReading(scanSchema),
    look: keptReading(lookSchema),
  } as const;
}
