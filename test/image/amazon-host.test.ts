import { describe, expect, test } from "vitest";
import { amazonRegistryOf } from "../../src/image/amazon-host.ts";

const plain = { account: "123456789012", fips: false, dualStack: false };

describe("amazonRegistryOf", () => {
  test.each([
    { host: "123456789012.dkr.ecr.eu-central-1.amazonaws.com", read: { ...plain, region: "eu-central-1" } },
    { host: "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", read: { ...plain, region: "us-gov-west-1" } },
    {
      host: "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
      read: { ...plain, region: "us-east-1", fips: true },
    },
    { host: "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", read: { ...plain, region: "cn-north-1" } },
    {
      host: "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
      read: { ...plain, region: "eusc-de-east-1" },
    },
    { host: "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", read: { ...plain, region: "us-iso-east-1" } },
    {
      host: "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
      read: { ...plain, region: "us-isob-east-1" },
    },
    {
      host: "123456789012.dkr-ecr.us-west-2.on.aws",
      read: { ...plain, region: "us-west-2", dualStack: true },
    },
    {
      host: "123456789012.dkr-ecr-fips.us-west-2.on.aws",
      read: { ...plain, region: "us-west-2", dualStack: true, fips: true },
    },
    {
      host: "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
      read: { ...plain, region: "cn-north-1", dualStack: true },
    },
  ])("reads $host", ({ host, read }) => {
    expect(amazonRegistryOf(host)).toEqual(read);
  });

  test.each([
    "",
    "public.ecr.aws",
    "12345678901.dkr.ecr.eu-central-1.amazonaws.com",
    "1234567890123.dkr.ecr.eu-central-1.amazonaws.com",
    "abcdefghijkl.dkr.ecr.eu-central-1.amazonaws.com",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com:8443",
    "x.123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "123456789012.dkr.ecr.amazonaws.com",
    "123456789012.dkr.ecr.evil.example.amazonaws.com",
    "123456789012.dkr.ecr.eu-central-1.on.aws",
    "123456789012.dkr-ecr.eu-central-1.amazonaws.com",
    "123456789012.dkr.s3.eu-central-1.amazonaws.com",
    "123456789012.s3.ecr.eu-central-1.amazonaws.com",
    "123456789012.dkr.ecr.EU-CENTRAL-1.amazonaws.com",
    "123456789012.dkr.ecr.eu-central-1/x.amazonaws.com",
    "123456789012.dkr.ecr..amazonaws.com",
    "x@123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com\n",
    "123456789012.dkr.ecr.eu-central-1.amazonaws-com",
    "api.ecr.eu-central-1.amazonaws.com",
    `123456789012.dkr.ecr.${"a".repeat(1_000_000)}.amazonaws.com`,
  ])("reads nothing from %j", (host) => {
    expect(amazonRegistryOf(host)).toBeUndefined();
  });
});
