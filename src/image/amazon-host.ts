/** A private registry of Amazon's, as its host tells. */
export interface AmazonRegistry {
  readonly account: string;
  readonly region: string;
  readonly fips: boolean;
  readonly dualStack: boolean;
}

const ACCOUNT = /^\d{12}$/;
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d$/;
/** One partition each: commercial and GovCloud, China, the European sovereign cloud, and four that are isolated. */
const DOMAINS = [
  "amazonaws.com",
  "amazonaws.com.cn",
  "amazonaws.eu",
  "c2s.ic.gov",
  "sc2s.sgov.gov",
  "cloud.adc-e.uk",
  "csp.hci.ic.gov",
];
const DUAL_STACK_DOMAINS = ["on.aws", "on.amazonwebservices.com.cn", "on.amazonwebservices.eu"];

/**
 * Reads `<account>.dkr.ecr[-fips].<region>.<domain>`, or `<account>.dkr-ecr[-fips].<region>.on.aws` for both versions of IP; undefined
 * for any other host.
 *
 * @see amazon-ecr-credential-helper, ecr-login/api/client.go
 */
export function amazonRegistryOf(host: string): AmazonRegistry | undefined {
  const labels = host.split(".");
  const [account = ""] = labels;
  if (!ACCOUNT.test(account)) return undefined;
  const isDualStack = labels[1] === "dkr-ecr" || labels[1] === "dkr-ecr-fips";
  const at = isDualStack ? 1 : 2;
  if (!isDualStack && labels[1] !== "dkr") return undefined;
  const service = labels[at];
  const region = labels[at + 1] ?? "";
  const domain = labels.slice(at + 2).join(".");
  const isService = isDualStack || service === "ecr" || service === "ecr-fips";
  const isDomain = (isDualStack ? DUAL_STACK_DOMAINS : DOMAINS).includes(domain);
  if (!isService || !REGION.test(region) || !isDomain) return undefined;
  return { account, region, fips: service?.endsWith("-fips") === true, dualStack: isDualStack };
}
