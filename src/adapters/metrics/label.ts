/** Distinct values of a label that comes from configuration; what is above is counted as `other`. */
export const LABEL_VALUES_MAX = 50;

/** The value itself for the first {@link LABEL_VALUES_MAX} distinct ones, `other` for the rest. */
export function bounded(): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= LABEL_VALUES_MAX) return "other";
    known.add(value);
    return value;
  };
}
