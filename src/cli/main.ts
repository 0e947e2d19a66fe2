#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// The compiled form of every module that is imported from here on is kept: half the time, a third less memory.
enableCompileCache();
// Importing survives every young collection, so V8 grows its young space to the maximum for work that never comes again:
// 25 MB more for the life of the process.
setFlagsFromString("--semi-space-growth-factor=1");
const { main } = await import("./command.ts");
// A connection to something that is gone must not keep the process.
process.exit(await main(process.argv.slice(2), process.env));
