/** What a person is asked, and what is read from stdin. Nothing typed here is ever shown or taken from arguments. */
import { createInterface } from 'node:readline/promises';
import { Refusal } from '../core/refusal.js';

export interface Input {
  /** Whether a person can be asked: stdin is a terminal and `--no-input` is not there. */
  readonly isInteractive: boolean;
  /** Asks for a secret, hidden. `next` says what to do where nobody can be asked. */
  secret(message: string, next: string): Promise<string>;
  /** Asks for a line of text, shown as it is typed. */
  line(message: string, next: string): Promise<string>;
  /** Asks yes or no; no is the answer of Enter. */
  confirm(message: string, next: string): Promise<boolean>;
  /** All of stdin, as UTF-8 without change. Throws `invalid_request` if it is not, or if it is a terminal. */
  stdin(next: string): Promise<string>;
}
