/** How the demo tells what happens: line by line as it happens, or all at once as data. */
import { escapeText } from '../../core/text.js';
import type { Output } from '../output.js';
import { wrap } from '../width.js';
import type { Reply } from './agent.js';

/** A step, as `--output json` has it. No secret is in it. */
export interface Step {
  readonly title: string;
  readonly actor: 'owner' | 'agent';
  /** What an owner would type for the same. */
  readonly command?: string;
  readonly call?: { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> };
  answer?: {
    readonly outcome: 'granted' | 'refused';
    readonly error?: Reply['error'];
    readonly receipt: Reply['receipt'];
  };
  readonly notes: string[];
}

type Tone = 'dim' | 'green' | 'red';

const LABEL_WIDTH = 10;
const INDENT = '    ';
const WIDEST = 110;

export class Narrator {
  readonly steps: Step[] = [];
  readonly #out: Output;

  constructor(out: Output) {
    this.#out = out;
  }

  /** A line above what follows. */
  heading(text: string): void {
    this.block(this.#out.style('bold', text));
  }

  /** What the owner does, and the command that does the same. */
  owner(title: string, command: string): void {
    this.#begin({ title, actor: 'owner', command, notes: [] });
    this.#line('owner', `$ ${command}`, 'dim');
  }

  /** What the agent calls. The reason has a line of its own. */
  agent(title: string, tool: string, args: Readonly<Record<string, unknown>>): void {
    this.#begin({ title, actor: 'agent', call: { tool, arguments: args }, notes: [] });
    const { reason, ...rest } = args;
    const words = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    this.#line('agent', [tool, ...words].join(' '), 'dim');
    if (tool !== 'whoami') this.#line('reason', typeof reason === 'string' ? `"${reason}"` : '(none)', 'dim');
  }

  /** What the server answered to the call. */
  reply({ error, receipt }: Reply): void {
    const step = this.steps.at(-1);
    const outcome = error === null ? 'granted' : 'refused';
    if (step !== undefined) step.answer = { outcome, ...(error === null ? {} : { error }), receipt };
    if (error === null) this.#line('granted', receiptText(receipt), 'green');
    else {
      this.#line('REFUSED', `${error.code}: ${error.message} ${error.next}`, 'red');
      this.#line('', receiptText(receipt));
    }
  }

  /** What is to be seen in the step. */
  note(text: string): void {
    this.steps.at(-1)?.notes.push(text);
    this.#line('', text);
  }

  /** Text that is laid out already; told to people alone. */
  block(text: string): void {
    this.#print(`\n${text}\n`);
  }

  #begin(step: Step): void {
    this.steps.push(step);
    this.#print(`\n${this.#out.style('bold', `${String(this.steps.length).padStart(2)}. ${step.title}`)}\n`);
  }

  #line(label: string, text: string, tone?: Tone): void {
    const width = Math.max(20, Math.min(this.#out.width, WIDEST) - LABEL_WIDTH - INDENT.length);
    wrap(escapeText(text), width).forEach((line, index) => {
      const head = (index === 0 ? label : '').padEnd(LABEL_WIDTH);
      this.#print(`${INDENT}${tone === undefined ? head : this.#out.style(tone, head)}${line}\n`);
    });
  }

  #print(text: string): void {
    if (this.#out.format === 'human') this.#out.data(text);
  }
}

function receiptText(receipt: Reply['receipt']): string {
  if (receipt === null) return 'Not recorded.';
  return `Recorded as entry ${String(receipt.seq)}, hash ${receipt.hash.slice(0, 16)}…`;
}
