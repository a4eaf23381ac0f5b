/** The log's part of the owner's door, put together. */
import { archive, importArchive } from './archive.js';
import type { LogDoor, LogQuery, LogSelection, Progress, StatsKey } from './log-door.js';
import { exportEntries, exportProof } from './log-export.js';
import * as audit from './owner-audit.js';
import type { OwnerCore } from './owner-core.js';
import { followEntries, stats, tokenActivity } from './owner-log.js';
import { report } from './owner-report.js';

const silent: Progress = () => undefined;

/** Reading, proving and keeping the log, over an unlocked core. */
export function logDoor(core: OwnerCore): LogDoor {
  return {
    listEntries: async (query: LogQuery, progress = silent) => audit.listEntries(core, query, progress),
    showEntry: async (seq: number, hash?: string) => audit.showEntry(core, seq, hash),
    followEntries: async (selection: LogSelection, options, each) =>
      followEntries(core, { selection, ...options }, each),
    stats: async (selection: LogSelection, by: StatsKey, progress = silent) => stats(core, { selection, by, progress }),
    report: async (since, progress = silent) => report(core, since, progress),
    tokenActivity: async () => tokenActivity(core),

    verify: async ({ full }, progress = silent) => audit.verifyLog(core, { full, progress }),
    checkpoint: async () => audit.makeCheckpoint(core),

    exportEntries: async (selection: LogSelection, each, progress = silent) =>
      exportEntries(core, { selection, progress }, each),
    exportProof: async (selection: LogSelection, write, progress = silent) =>
      exportProof(core, { selection, progress }, write),
    archive: async (options, progress = silent) => archive(core, { ...options, progress }),
    importArchive: async (path: string, progress = silent) => importArchive(core, path, progress),
  };
}
