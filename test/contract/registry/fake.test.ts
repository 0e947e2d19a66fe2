import { startFakeRegistry } from "../../fakes/registry/server.ts";
import { describeRegistryContract } from "./suite.ts";

describeRegistryContract("the fake registry without the referrers API", {
  referrers: "none",
  start: () => startFakeRegistry(),
});

describeRegistryContract("the fake registry with the referrers API", {
  referrers: "api",
  start: () => startFakeRegistry({ referrers: "api" }),
});

describeRegistryContract("the fake registry with one referrer on a page", {
  referrers: "api",
  start: () => startFakeRegistry({ referrers: "api", referrersPerPage: 1 }),
});
