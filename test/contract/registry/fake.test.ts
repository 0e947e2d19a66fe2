import { TLS } from "../../adapters/registry/certificates.ts";
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

const LOGIN = { username: "robot", password: "test-password" };

describeRegistryContract("the fake registry with TLS and a log-in", {
  referrers: "none",
  start: async () => ({
    ...(await startFakeRegistry({ tls: TLS, login: { kind: "basic", ...LOGIN } })),
    ca: TLS.cert,
    user: LOGIN,
  }),
});
