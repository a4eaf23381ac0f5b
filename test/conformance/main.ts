/**
 * `npm run conformance`: the official suite against the program's HTTP stack with the suite's fixtures, at both
 * revisions of the protocol. Ends with 1 unless each scenario that they require has passed.
 */
import { endOnSignal } from '../clients/child.ts';
import { startFixtures } from './stack.ts';
import { type Check, type Report, REQUIRED, REVISIONS, runSuite, type Scenario } from './suite.ts';

function print({ revision, scenarios, figure }: Report): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  console.log(`\n${revision}\n`);
  for (const scenario of scenarios) {
    console.log(`  ${verdict(scenario)}  ${scenario.name.padEnd(width)}  ${inWords(scenario)}`);
    for (const check of scenario.checks.filter(isWorthTelling)) console.log(`            ${line(check)}`);
  }
  console.log(`\n  ${figure} of the ${REQUIRED[revision]} scenarios that it requires of a server passed.`);
}

/** Notes say nothing for or against a server. */
const isWorthTelling = ({ status }: Check): boolean => status !== 'SUCCESS' && status !== 'INFO';

function verdict({ isPassed, optional }: Scenario): string {
  if (isPassed) return 'passed';
  return optional === null ? 'FAILED' : 'failed';
}

function inWords({ checks, optional }: Scenario): string {
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
  const ran = checks.filter(({ status }) => status !== 'INFO').length;
  const count = ran === 0 ? 'no checks' : `${passed}/${ran} checks`;
  return optional === null ? count : `${count}, not required: ${optional}`;
}

function line({ status, id, errorMessage = '' }: Check): string {
  return `${status.toLowerCase()}: ${id} ${errorMessage}`.trimEnd();
}

endOnSignal();
const stack = await startFixtures();
const reports: Report[] = [];
for (const revision of REVISIONS) reports.push(await runSuite(stack.url, revision));
await stack.close();
for (const report of reports) print(report);
process.exitCode = reports.every(({ isPassed }) => isPassed) ? 0 : 1;
