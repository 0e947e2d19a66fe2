import { configureGlobal } from "fast-check";

/*
 * For each file of tests, before it: properties take the same examples in every run, so that a run says something about the change it is of.
 * `HULLKEEPER_TEST_SEED=$RANDOM npm test` looks for others. What is found becomes a row.
 */
const seed = Number(process.env["HULLKEEPER_TEST_SEED"] ?? "20261129");
if (!Number.isSafeInteger(seed)) throw new Error("HULLKEEPER_TEST_SEED is not a whole number");
configureGlobal({ seed });
