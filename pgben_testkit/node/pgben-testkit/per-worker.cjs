'use strict';
// Loaded by NODE_OPTIONS into every Node process of a run with --per-worker: a Jest worker sees its own database.
const worker = Number(process.env.JEST_WORKER_ID || 0);
const workers = Number(process.env.PGBEN_WORKERS || 0);
if (worker > workers) {
  throw new Error(`Jest worker ${worker} has no database: run with --per-worker ${worker}, or jest --maxWorkers ${workers}`);
}
if (worker > 0) {
  const prefix = `PGBEN_WORKER_${worker}_`;
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith(prefix)) process.env[name.slice(prefix.length)] = value;
  }
}
