import { z } from "zod";
import { ignored, noticesOf, type PushReading, type PushScope, refused } from "./reading.ts";

const schema = z.object({
  source: z.string(),
  "detail-type": z.string(),
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/),
  detail: z.object({
    result: z.string(),
    "action-type": z.string(),
    "repository-name": z.string(),
    "image-tag": z.string().optional(),
  }),
});

/** Domains of the partitions, by how their regions begin. @see AWS SDK, partitions.json */
const DOMAINS: readonly (readonly [regionPrefix: string, domain: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["us-iso-", "c2s.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
  ["", "amazonaws.com"],
];

/**
 * Amazon ECR, through an API destination of EventBridge that hands the event on unchanged. The host is made from its account and region;
 * a hook for a host of another form (`dkr.ecr-fips`, dual stack) must be for the same account and region.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export function readEcr(payload: unknown, { registry }: PushScope): PushReading {
  const { success, data } = schema.safeParse(payload);
  if (!success) return isOtherEvent(payload) ? ignored("other-event") : refused("malformed");
  const { account, region, detail } = data;
  if (data.source !== "aws.ecr" || data["detail-type"] !== "ECR Image Action") return ignored("other-event");
  if (detail["action-type"] !== "PUSH" || detail.result !== "SUCCESS") return ignored("other-event");

  const [, domain] = DOMAINS.find(([prefix]) => region.startsWith(prefix)) ?? ["", "amazonaws.com"];
  const host = registry ?? `${account}.dkr.ecr.${region}.${domain}`;
  const isSame = host.startsWith(`${account}.dkr`) && host.includes(`.${region}.`);
  if (!isSame) return ignored("other-registry");
  const tag = detail["image-tag"];
  if (tag === undefined || tag === "") return ignored("untagged");
  return noticesOf([{ registry: host, path: detail["repository-name"], tag }]);
}

/** An event of another service has other details, and is no fault of the sender. */
function isOtherEvent(payload: unknown): boolean {
  const { data } = z.object({ source: z.string(), "detail-type": z.string() }).safeParse(payload);
  return data !== undefined && (data.source !== "aws.ecr" || data["detail-type"] !== "ECR Image Action");
}
