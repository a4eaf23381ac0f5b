/** How the report on the log is shown: sections, each with what to do next. All that agents wrote in it is escaped. */
import { escapeText } from '../../core/text.js';
import type { LogReport } from '../../gate/log-door.js';
import { counted, drawBar, glyphsOf, grouped } from '../chart.js';
import { localZone } from '../locale.js';
import type { Output } from '../output.js';
import { displayWidth, pad, wrap } from '../width.js';
import { accessSections, type Item, type Section } from './audit-report-access.js';
import { totalsText } from './audit-stats-text.js';
import { entryTable } from './audit-text.js';

/** What the report has to know of the output. */
export type ReportPage = Pick<Output, 'width' | 'isUtf8' | 'isTerminal' | 'local' | 'table' | 'time' | 'style'>;

/** The report for people. */
export function reportText(report: LogReport, out: ReportPage): string {
  const zone = out.local ? localZone() : 'UTC';
  const sections = [
    signalSection(report, out),
    unusualSection(report, out),
    hollowSection(report),
    ...accessSections(report, out.local),
  ];
  const head = [`The log from ${out.time(report.since)} to ${out.time(report.until)} (${zone})`, totalsText(report)];
  const parts = [
    head.flatMap((line) => fold(line, out)),
    ...sections.filter(isSaid).map((section) => sectionLines(section, out)),
    lastLines(report, sections).flatMap((line) => fold(line, out)),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function isSaid({ items, drawn = [] }: Section): boolean {
  return items.length > 0 || drawn.length > 0;
}

/** What there is nothing to say about, said plainly. */
function lastLines({ unusual }: LogReport, sections: readonly Section[]): readonly string[] {
  const quiet = sections.filter((section) => !isSaid(section)).map(({ none }) => none);
  const first = quiet.length === sections.length ? 'Nothing unusual, and nothing to do.' : 'Nothing unusual.';
  return [...(unusual.count === 0 ? [first] : []), ...(quiet.length === 0 ? [] : [`There are ${quiet.join(', ')}.`])];
}

function sectionLines({ title, items, drawn = [], next }: Section, out: ReportPage): readonly string[] {
  const listed = items.flatMap((item) => [
    ...fold(escapeText(item.text), out, INDENT.length).map((line, i) => (i === 0 ? '- ' : INDENT) + line),
    ...commandLines(item),
  ]);
  const last = next === undefined ? [] : [...fold(escapeText(next.text), out), ...commandLines(next)];
  return [out.style('bold', title), ...listed, ...drawn, ...last];
}

function commandLines({ command }: Item): readonly string[] {
  return command === undefined ? [] : [INDENT + escapeText(command)];
}

const INDENT = '  ';
const LEAST_WIDTH = 40;

/** Lines that fit a terminal, with room for an indent; elsewhere nothing is wrapped. */
function fold(text: string, { isTerminal, width }: ReportPage, indent = 0): readonly string[] {
  return isTerminal ? wrap(text, Math.max(LEAST_WIDTH, width) - indent) : [text];
}

const WIDEST_BAR = 30;

function signalSection({ signals }: LogReport, { width, isUtf8 }: ReportPage): Section {
  const names = signals.map(({ signal }) => escapeText(signal));
  const numbers = signals.map(({ count }) => grouped(count));
  const [name, number] = [Math.max(0, ...names.map(displayWidth)), Math.max(0, ...numbers.map(({ length }) => length))];
  const room = Math.max(LEAST_WIDTH, width) - name - number - 2 * GAP.length;
  const scale = { max: Math.max(0, ...signals.map(({ count }) => count)), width: Math.min(WIDEST_BAR, room) };
  const drawn = signals.map(({ count }, i) => {
    const bar = drawBar({ granted: count, other: 0 }, scale, glyphsOf(isUtf8));
    return [pad(names[i] ?? '', name), pad(numbers[i] ?? '', number, true), bar].join(GAP).trimEnd();
  });
  const next = { text: 'See what they are about:', command: `vouchsafe audit list signal:${signals[0]?.signal ?? ''}` };
  return { title: 'SIGNALS', items: [], drawn, next, none: 'no signals' };
}

const GAP = '  ';

function unusualSection({ unusual: { count, newest } }: LogReport, out: ReportPage): Section {
  const some = count > newest.length ? `, of which the newest ${String(newest.length)}` : '';
  const [first] = newest;
  return {
    title: `UNUSUAL: ${counted(count, 'entry', 'entries')}${some}`,
    items: [],
    drawn: newest.length === 0 ? [] : entryTable(newest, out).split('\n'),
    next: { text: 'Look at one and what is around it:', command: `vouchsafe audit show ${String(first?.seq ?? 1)}` },
    none: 'no unusual entries',
  };
}

function hollowSection({ hollow }: LogReport): Section {
  return {
    title: 'REASONS THAT SAY LITTLE',
    items: hollow.map(({ token, reason, count, last_seq: seq }) => ({
      text: `${token.name}, ${counted(count, 'time', 'times')}: "${reason}", last in entry ${String(seq)}`,
    })),
    next: {
      text: 'Tell these agents what a good reason is. Those of empty words can be refused:',
      command: 'vouchsafe settings set reason.policy strict',
    },
    none: 'no hollow reasons',
  };
}
