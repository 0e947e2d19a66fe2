/** What the name of a private ECR registry says. */
export interface EcrHost {
  /** Twelve digits: whose registry it is. */
  readonly account: string;
  readonly region: string;
  readonly isFips: boolean;
  /** Names below `on.aws` and its like answer on IPv6 too, and so does their API. */
  readonly isDualStack: boolean;
}

const HOST_LENGTH_MAX = 255;
/** The partitions that amazon-ecr-credential-helper knows. */
const PARTITIONS = [
  "amazonaws\\.com(?:\\.cn)?",
  "amazonaws\\.eu",
  "on\\.aws",
  "on\\.amazonwebservices\\.(?:com\\.cn|eu)",
  "sc2s\\.sgov\\.gov",
  "c2s\\.ic\\.gov",
  "cloud\\.adc-e\\.uk",
  "csp\\.hci\\.ic\\.gov",
];
const ECR_HOST = new RegExp(
  `^(\\d{12})\\.dkr[.-]ecr(-fips)?\\.([a-z0-9][a-z0-9-]{0,30})\\.(${PARTITIONS.join("|")})$`,
);

/** Reads the host of a private ECR registry; undefined for every other host. */
export function parseEcrHost(registry: string): EcrHost | undefined {
  const match = registry.length > HOST_LENGTH_MAX ? null : ECR_HOST.exec(registry);
  if (match === null) return undefined;
  const [, account = "", fips, region = "", partition = ""] = match;
  return { account, region, isFips: fips !== undefined, isDualStack: partition.startsWith("on.") };
}
