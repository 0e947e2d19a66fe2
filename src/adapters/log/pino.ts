import { type DestinationStream, pino } from "pino";
import type { Log } from "../../ports/log.ts";

/**
 * JSON log lines, one per event, time in ISO 8601.
 *
 * @param level `debug`, `info`, `warn` or `error`
 * @param destination standard error by default, so that a command's own output stays clean
 */
export function createLog(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}
