/** How hard a password is to guess, by zxcvbn. */

/** An estimate; `guesses` is how many tries an attacker who knows common passwords and words needs. */
export interface PasswordScore {
  /** 0 and 1 fall at once, 2 is weak, 3 is good, 4 is very good. */
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly guesses: number;
  /** How long the guesses take at 10,000 a second, in words such as `3 hours`. */
  readonly crackTime: string;
  readonly warning?: string;
  readonly suggestions: readonly string[];
}

/**
 * Rates a password. `words` are what an attacker would try first (the user's name, the site). Only the first 256
 * characters are looked at. The library and its lists are loaded when first asked for, about 60 ms.
 */
export async function passwordScore(password: string, words: readonly string[] = []): Promise<PasswordScore> {
  const checker = await (loading ??= loadChecker());
  const { score, guesses, crackTimes, feedback } = checker.check(password, [...words]);
  const warning = feedback.warning === null ? undefined : WARNINGS.get(feedback.warning);
  const suggestions = feedback.suggestions.flatMap((key) => SUGGESTIONS.get(key) ?? []);
  const crackTime = spellTime(crackTimes.offlineSlowHashingXPerSecond.seconds);
  return { score, guesses, crackTime, ...(warning === undefined ? {} : { warning }), suggestions };
}

type Checker = Awaited<ReturnType<typeof loadChecker>>;
let loading: Promise<Checker> | undefined;

async function loadChecker() {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}

const TIME_UNITS = [
  ['century', 'centuries', 100 * 365.25 * 86_400],
  ['year', 'years', 365.25 * 86_400],
  ['month', 'months', 30 * 86_400],
  ['day', 'days', 86_400],
  ['hour', 'hours', 3_600],
  ['minute', 'minutes', 60],
  ['second', 'seconds', 1],
] as const;

function spellTime(seconds: number): string {
  if (seconds >= 100 * TIME_UNITS[0][2]) return 'more than 100 centuries';
  const [one, many, unit] = TIME_UNITS.find(([, , size]) => seconds >= size) ?? TIME_UNITS[6];
  const count = Math.floor(seconds / unit);
  if (count === 0) return 'less than a second';
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** Our words for the library's keys; a key that is not here is left out. */
const WARNINGS: ReadonlyMap<string, string> = new Map([
  ['straightRow', 'Rows of keys are easy to guess.'],
  ['keyPattern', 'Short patterns of keys are easy to guess.'],
  ['simpleRepeat', 'Repeated characters are easy to guess.'],
  ['extendedRepeat', 'Repeated patterns are easy to guess.'],
  ['sequences', 'Sequences such as abc are easy to guess.'],
  ['recentYears', 'Recent years are easy to guess.'],
  ['dates', 'Dates are easy to guess.'],
  ['topTen', 'This is one of the ten most used passwords.'],
  ['topHundred', 'This is one of the hundred most used passwords.'],
  ['common', 'This is a commonly used password.'],
  ['similarToCommon', 'This is like a commonly used password.'],
  ['wordByItself', 'A single word is easy to guess.'],
  ['namesByThemselves', 'Names are easy to guess.'],
  ['commonNames', 'Common names are easy to guess.'],
  ['userInputs', 'It holds something that others know about you.'],
]);

const SUGGESTIONS: ReadonlyMap<string, string> = new Map([
  ['l33t', 'Replacing letters by look-alikes such as @ for a helps little.'],
  ['reverseWords', 'Words spelled backwards help little.'],
  ['allUppercase', 'Capitals everywhere help little.'],
  ['capitalization', 'A capital at the start helps little.'],
  ['dates', 'Avoid dates and years that have to do with you.'],
  ['recentYears', 'Avoid recent years.'],
  ['associatedYears', 'Avoid years that have to do with you.'],
  ['sequences', 'Avoid sequences.'],
  ['repeated', 'Avoid repeated words and characters.'],
  ['longerKeyboardPattern', 'Use longer patterns of keys, and change direction.'],
  ['anotherWord', 'Add another word or two; uncommon ones are better.'],
  ['useWords', 'Use several words, without phrases that people say.'],
  ['noNeed', 'It need not have symbols, digits or capitals if it is long.'],
]);
