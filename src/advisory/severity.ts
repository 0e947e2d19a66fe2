/** Bands of CVSS, and `unknown` for what no record rates. Most urgent first. */
export const SEVERITIES = ["critical", "high", "medium", "low", "none", "unknown"] as const;

export type Severity = (typeof SEVERITIES)[number];
