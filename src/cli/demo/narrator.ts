/** How the demo tells what happens: as it happens for people, all at once as data. */
import { escapeText } from '../../core/text.js';
import type { Output } from '../output.js';
import { wrap } from '../width.js';
import type { Reply } from './agent.js';

/** A step as `--output json` has it. */
interface Step {
  readonly title: string;
  readonly actor: 'owner' | 'agent';
  readonly command?: string;
  readonly call?: { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> };
  outcome?: 'granted' | 'refused';
  code?: string;
  message?: string;
  receipt?: Reply['receipt'];
  readonly notes: string[];
}

const LABEL_WIDTH = 11;
const WIDEST = 108;

export class Narrator {
  readonly #out: Output;
  readonly #steps: Step[] = [];

  constructor(out: Output) {
    this.#out = out;
  }

  get steps(): readonly object[] {
    return this.#steps;
  }

  /** A line that stands above what follows. */
  heading(text: string): void {
    this.#print(`\n${this.#out.style('bold', text)}\n`);
  }

  /** What the owner does, and the command that does the same. */
  owner(title: string, command: string): void {
    this.#begin({ title, actor: 'owner', command, notes: [] });
    this.#line('command', `$ ${command}`, 'dim');
  }

  /** What the agent calls. The reason has a line of its own. */
  agent(title: string, tool: string, args: Readonly<Record<string, unknown>>): void {
    this.#begin({ title, actor: 'agent', call: { tool, arguments: args }, notes: [] });
    const { reason, ...rest } = args;
    const words = Object.entries(rest).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    this.#line('calls', [tool, ...words].join('  '), 'dim');
    this.#line('reason', typeof reason === 'string' ? `"${reason}"` : 'none', 'dim');
  }

  /** What the server answered. */
  reply({ error, receipt }: Reply): void {
    const step = this.#steps.at(-1);
    if (step !== undefined) Object.assign(step, { outcome: error === null ? 'granted' : 'refused', receipt }, error === null ? {} : { code: error.code, message: error.message });
    if (error === null) this.#line('GRANTED', receiptText(receipt), 'green');
    else {
      this.#line('REFUSED', `${error.code}: ${error.message}`, 'red');
      this.#line('', `${error.next}`);
      this.#line('', receiptText(receipt), 'dim');
    }
  }

  /** What is to be seen in it. */
  note(text: string): void {
    this.#steps.at(-1)?.notes.push(text);
    this.#line('', text);
  }

  /** Text that is laid out already. */
  block(text: string): void {
    this.#print(`\n${text}\n\n`);
  }

  #begin(step: Step): void {
    this.#steps.push(step);
    this.#print(`\n${this.#out.style('bold', `${String(this.#steps.length).padStart(2)}. ${step.title}`)}\n`);
  }

  #line(label: string, text: string, style?: 'dim' | 'green' | 'red'): void {
    const width = Math.min(this.#out.width, WIDEST) - LABEL_WIDTH - 4;
    wrap(escapeText(text), Math.max(20, width)).forEach((line, index) => {
      const head = (index === 0 ? label : '').padEnd(LABEL_WIDTH);
      this.#print(`    ${style === undefined || label === '' ? head : this.#out.style(style, head)}${line}\n`);
    });
  }

  #print(text: string): void {
    if (this.#out.format === 'human') this.#out.data(text);
  }
}

function receiptText(receipt: Reply['receipt']): string {
  return receipt === null ? 'no receipt' : `receipt: entry ${String(receipt.seq)}, hash ${receipt.hash.slice(0, 16)}…`;
}
