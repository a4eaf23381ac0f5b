/** The noun `audit`, and `log`. */
import type { Command } from 'commander';
import type { Runner } from '../context.js';
import { registerArchive } from './audit-archive.js';
import { registerExport } from './audit-export.js';
import { registerList } from './audit-list.js';
import { registerReport } from './audit-report.js';
import { registerShow } from './audit-show.js';
import { registerStats } from './audit-stats.js';
import { registerTail } from './audit-tail.js';
import { registerCheckpoint, registerVerify } from './audit-verify.js';

/** Adds `audit` and `log` to the program. */
export function register(program: Command, run: Runner): void {
  const audit = program.command('audit').description('the log: who did what, where, and why');
  registerList(audit.command('list [query...]'), run);
  registerList(program.command('log [query...]'), run);
  registerTail(audit, run);
  registerShow(audit, run);
  registerStats(audit, run);
  registerReport(audit, run);
  registerVerify(audit, run);
  registerCheckpoint(audit, run);
  registerExport(audit, run);
  registerArchive(audit, run);
}
