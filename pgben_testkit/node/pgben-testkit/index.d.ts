export interface Lent { name: string; env: Record<string, string>; url?: string; giveBack(): Promise<void>; }
/** A database of your own with the project's schema; given back by `giveBack()` (a second call does nothing) or when the
 * process ends. */
export function freshDatabase(): Promise<Lent>;
/** An empty bucket of your own; given back by `giveBack()` or when the process ends. */
export function freshBucket(): Promise<Lent>;
/** An empty numbered database of Redis; given back by `giveBack()` or when the process ends. */
export function freshRedis(): Promise<Lent>;
/** Ends the connection to the run, so that the process can end; everything lent is given back. */
export function close(): void;
