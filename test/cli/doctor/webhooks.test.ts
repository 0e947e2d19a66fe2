import { describe, expect, it, test } from "vitest";
import { webhookFindings } from "../../../src/cli/doctor/webhooks.ts";
import { CodedError } from "../../../src/errors.ts";
import type { HookTarget } from "../../../src/ports/hook-deliveries.ts";

const { signal } = new AbortController();
const PUBLIC = "https://hullkeeper.example/";
const OURS: HookTarget = {
  url: "https://hullkeeper.example/hooks/code-host",
  contentType: "json",
  hasSecret: true,
};
const refusing = () => Promise.reject(new CodedError("code-host-unauthorized", "asking failed"));
const findingsOf = async (target: HookTarget, publicUrl: string | undefined = PUBLIC) =>
  webhookFindings({ secret: "set", publicUrl, deliveries: { target: async () => target } }, signal);

test("webhooks of the App that come here are well", async () => {
  expect(await findingsOf(OURS)).toEqual([
    {
      subject: "webhooks",
      state: "well",
      detail: "of the App come to https://hullkeeper.example/hooks/code-host",
    },
  ]);
});

test.each([
  { title: "with a slash at its end", url: `${OURS.url ?? ""}/`, publicUrl: PUBLIC },
  {
    title: "below a path",
    url: "https://acme.example/hk/hooks/code-host",
    publicUrl: "https://acme.example/hk",
  },
  { title: "with the usual port", url: "https://hullkeeper.example:443/hooks/code-host", publicUrl: PUBLIC },
  {
    title: "of which only the path is known",
    url: "https://acme.example/hk/hooks/code-host",
    publicUrl: undefined,
  },
])("so is an address $title", async ({ url, publicUrl }) => {
  const target = { ...OURS, url };
  const [finding] = await webhookFindings(
    { secret: "set", publicUrl, deliveries: { target: async () => target } },
    signal,
  );
  expect(finding?.state).toBe("well");
});

describe("there is a warning of webhooks", () => {
  test.each([
    {
      title: "that go nowhere",
      target: { hasSecret: false },
      says: "go nowhere: give it the URL https://hullkeeper.example/hooks/code-host",
    },
    {
      title: "that go elsewhere",
      target: { ...OURS, url: "https://smee.io/x" },
      says: "go to https://smee.io/x, and not to",
    },
    {
      title: "that go to another path",
      target: { ...OURS, url: "https://hullkeeper.example/hooks" },
      says: "and not to",
    },
    {
      title: "that go there without TLS",
      target: { ...OURS, url: "http://hullkeeper.example/hooks/code-host" },
      says: "and not to",
    },
    { title: "that go to no address", target: { ...OURS, url: "hullkeeper" }, says: "and not to" },
    { title: "that come as a form", target: { ...OURS, contentType: "form" }, says: "content type form" },
    { title: "without a secret", target: { ...OURS, hasSecret: false }, says: "are not signed" },
  ])("$title", async ({ target, says }) => {
    expect(await findingsOf(target)).toEqual([
      { subject: "webhooks", state: "warning", detail: expect.stringContaining(says) },
    ]);
  });

  it("with everything that is wrong", async () => {
    expect(
      await findingsOf({ url: "https://smee.io/x", contentType: "form", hasSecret: false }),
    ).toHaveLength(3);
  });

  it("that cannot be asked about", async () => {
    const findings = await webhookFindings(
      { secret: "set", publicUrl: PUBLIC, deliveries: { target: refusing } },
      signal,
    );
    expect(findings).toEqual([
      {
        subject: "webhooks",
        state: "warning",
        detail: "could not be asked about: asking failed (code-host-unauthorized)",
      },
    ]);
  });
});

test.each([
  { title: "without a secret", secret: "missing", says: "github.webhookSecret is not set" },
  { title: "with a token", secret: "set", says: "are taken at https://hullkeeper.example/hooks/code-host" },
] as const)("$title nothing can be checked", async ({ secret, says }) => {
  expect(await webhookFindings({ secret, publicUrl: PUBLIC }, signal)).toEqual([
    { subject: "webhooks", state: "not-checked", detail: expect.stringContaining(says) },
  ]);
});
