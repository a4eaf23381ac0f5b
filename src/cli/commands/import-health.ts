/** What a dry run says of the passwords that would come in: by the titles of their items, never by value. */
import type { TransferItem } from '../../core/transfer.js';
import type { Progress } from '../../gate/log-door.js';

/** An item in a few words. */
export interface NamedItem {
  readonly vault: string;
  readonly title: string;
}

/** Passwords that are no good. */
export interface PasswordHealth {
  /** Items whose password is weak, with the words for how fast it falls. */
  readonly weak: readonly (NamedItem & { readonly crack_time: string })[];
  /** Groups of items that share a password. */
  readonly reused: readonly (readonly NamedItem[])[];
}

/** Scores of zxcvbn below this are weak. */
const GOOD = 3;

/** What takes ever longer the longer a password is: enough of it to know that it is good, and the most that is rated. */
const ENOUGH = 12;
const MOST = 40;

/** How good the passwords of these items are; those in the trash are left out. A password is rated once. */
export async function passwordHealth(items: readonly TransferItem[], progress: Progress): Promise<PasswordHealth> {
  const { passwordScore } = await import('../../gate/password.js');
  const byPassword = groupByPassword(items.filter(({ isTrashed }) => !isTrashed));
  const weak: (NamedItem & { readonly crack_time: string })[] = [];
  for (const [done, [password, sharing]] of [...byPassword].entries()) {
    const { score, crackTime } = await rate(password, passwordScore);
    if (score < GOOD) weak.push(...sharing.map((item) => ({ ...named(item), crack_time: crackTime })));
    progress(done + 1, byPassword.size);
  }
  return {
    weak,
    reused: [...byPassword.values()].filter((sharing) => sharing.length > 1).map((all) => all.map(named)),
  };
}

type Rate = (text: string) => Promise<{ readonly score: number; readonly crackTime: string }>;

/** What is good in its beginning is good: what follows only adds to what has to be guessed. */
async function rate(password: string, score: Rate): ReturnType<Rate> {
  const first = await score(password.slice(0, ENOUGH));
  return first.score >= GOOD || password.length <= ENOUGH ? first : score(password.slice(0, MOST));
}

function groupByPassword(items: readonly TransferItem[]): ReadonlyMap<string, readonly TransferItem[]> {
  const groups = new Map<string, TransferItem[]>();
  for (const item of items) {
    const values = item.content.fields.filter(
      ({ kind, name }) => kind === 'secret' && /^pass(?:word|phrase)$/i.test(name),
    );
    for (const value of new Set(values.map((field) => field.value))) {
      const group = groups.get(value);
      if (group === undefined) groups.set(value, [item]);
      else group.push(item);
    }
  }
  return groups;
}

function named({ vault, content }: TransferItem): NamedItem {
  return { vault, title: content.title };
}
