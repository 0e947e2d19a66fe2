/** Facts of a log line. Secrets never; errors under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** JSON log lines: a static message and fields. `error` needs an operator, `warn` will if it goes on. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
