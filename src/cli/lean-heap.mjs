import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

/*
 * Imported before everything else, for what it does: a process that waits most of its time is kept small. Some CPU time is the price.
 */

// The compiled form of every module that is imported from here on is kept: half the time, a third less memory.
enableCompileCache();
// Importing survives every young collection, so V8 grows its young space to the maximum for work that never comes again:
// 25 MB more for the life of the process.
setFlagsFromString("--semi-space-growth-factor=1");
// V8 lets its old space grow to several times what is alive before it looks again, where memory is there: 100 MB more after a burst of polls.
setFlagsFromString("--heap-growing-percent=20");
// Otherwise V8 lets its old space grow by 16 MB at least before it looks, and keeps pages that are half empty: 15 to 25 MB more at a twentieth
// less CPU time.
setFlagsFromString("--optimize-for-size");
