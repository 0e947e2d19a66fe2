import "./lean-heap.mjs";

/** How long what is still open may keep the process: a connection to something that is gone must not. */
const GRACE_MS = 500;

const { main } = await import("./command.ts");
process.exitCode = await main(process.argv.slice(2), process.env);
// Left to itself Node ends when nothing is open. `process.exit` waits for the threads that compile, and one that needs room on the heap then waits for this one:
// one of some thousand short commands never ended.
setTimeout(() => process.exit(), GRACE_MS).unref();
