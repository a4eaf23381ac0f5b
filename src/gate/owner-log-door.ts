/** The log's part of the owner's door, put together. */
import type { LogDoor, LogQuery, LogSelection, Progress, StatsKey } from './log-door.js';
import type { OwnerCore } from './owner-core.js';
import { followEntries, stats, tokenActivity } from './owner-log.js';

const archives = async () => import('./archive.js');
const exporting = async () => import('./log-export.js');
const audit = async () => import('./owner-audit.js');
const reporting = async () => import('./owner-report.js');

const silent: Progress = () => undefined;

/** Reading, proving and keeping the log, over an unlocked core. */
export function logDoor(core: OwnerCore): LogDoor {
  return {
    listEntries: async (query: LogQuery, progress = silent) => (await audit()).listEntries(core, query, progress),
    showEntry: async (seq: number, hash?: string) => (await audit()).showEntry(core, seq, hash),
    followEntries: async (selection: LogSelection, options, each) =>
      followEntries(core, { selection, ...options }, each),
    stats: async (selection: LogSelection, by: StatsKey, progress = silent) => stats(core, { selection, by, progress }),
    report: async (since, progress = silent) => (await reporting()).report(core, since, progress),
    tokenActivity: async () => tokenActivity(core),

    verify: async ({ full }, progress = silent) => (await audit()).verifyLog(core, { full, progress }),
    checkpoint: async () => (await audit()).makeCheckpoint(core),

    exportEntries: async (selection: LogSelection, each, progress = silent) =>
      (await exporting()).exportEntries(core, { selection, progress }, each),
    exportProof: async (selection: LogSelection, write, progress = silent) =>
      (await exporting()).exportProof(core, { selection, progress }, write),
    archive: async (options, progress = silent) => (await archives()).archive(core, { ...options, progress }),
    importArchive: async (path: string, progress = silent) => (await archives()).importArchive(core, path, progress),
  };
}
