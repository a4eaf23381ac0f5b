/** What the agents of the soak ask for, and what they are to be answered. */
import type { Random } from './log-habits.ts';
import { NEEDED, VAULT } from './program.ts';

export interface SoakCall {
  readonly tool: string;
  readonly args: object;
  /** `granted`, or the code of the refusal. */
  readonly expected: string;
}

interface Kind {
  /** How many of a hundred calls are such. */
  readonly share: number;
  readonly make: (number: number) => SoakCall;
}

const item = { vault: VAULT, item: NEEDED };
const reasonOf = (number: number): string => `Run step ${String(number)} of the nightly orders import`;

const KINDS: readonly Kind[] = [
  granted(38, 'get_item', () => item),
  granted(30, 'get_item', () => ({ ...item, fields: ['password'] })),
  granted(11, 'search_items', (number) => ({ query: `service ${String(number % 50)}` })),
  granted(10, 'list_vault', () => ({ vault: VAULT, limit: 10 })),
  granted(6, 'whoami', () => ({})),
  { share: 2, make: () => ({ tool: 'get_item', args: item, expected: 'reason_required' }) },
  refused(2, 'forbidden', (number) => ({ tool: 'trash_item', args: { ...item, reason: reasonOf(number) } })),
  refused(1, 'not_found', (number) => ({
    tool: 'get_item',
    args: { vault: VAULT, item: 'No such item', reason: reasonOf(number) },
  })),
];

function granted(share: number, tool: string, args: (number: number) => object): Kind {
  const make = (number: number): SoakCall => ({
    tool,
    args: { ...args(number), ...(tool === 'whoami' ? {} : { reason: reasonOf(number) }) },
    expected: 'granted',
  });
  return { share, make };
}

function refused(share: number, expected: string, call: (number: number) => Omit<SoakCall, 'expected'>): Kind {
  return { share, make: (number) => ({ ...call(number), expected }) };
}

/** The next call; the number makes its words its own. */
export function nextSoakCall(number: number, random: Random): SoakCall {
  let left = random() * 100;
  for (const { share, make } of KINDS) {
    if (left < share) return make(number);
    left -= share;
  }
  throw new Error('the shares of the kinds of calls are not a hundred');
}
