/** What a shell asks to have completed: the words before the cursor, and as much as there is of the one at it. */

/** The shells that completion is written for. */
export const SHELLS = ['bash', 'zsh', 'fish', 'pwsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** Whether the word names a shell. */
export function isShell(word: string | undefined): word is Shell {
  return SHELLS.some((shell) => shell === word);
}

/** In which quotes the cursor is. */
export type Quote = '' | "'" | '"';

export interface CompletionRequest {
  readonly shell: Shell;
  /** The whole words before the current one, without the program's own name and without quotes. */
  readonly words: readonly string[];
  /** What has been typed of the current word, without quotes. */
  readonly current: string;
  readonly quote: Quote;
  /** How much of `current` the shell keeps as it is, as bash breaks words at `=` and `:`. */
  readonly kept: number;
}

/** The request of a shell that gives words; the last one is the current one. */
export function requestOfWords(shell: Shell, words: readonly string[]): CompletionRequest {
  return { shell, words: words.slice(0, -1), current: words.at(-1) ?? '', quote: '', kept: 0 };
}

/**
 * The request of bash, which gives the line up to the cursor: its own words are cut at `:` and `=`, and keep their quotes
 * (Bash Reference Manual, "Quoting" and `COMP_WORDBREAKS`). Nothing in it is expanded.
 */
export function requestOfLine(line: string): CompletionRequest {
  const scan: Scan = { words: [], word: '', isWord: false, quote: '', kept: 0 };
  for (let i = 0; i < line.length; i += 1) i += step(scan, line[i] ?? '', line[i + 1]);
  const start = scan.words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const words = start < 0 ? [] : scan.words.slice(start + 1);
  return { shell: 'bash', words, current: scan.word, quote: scan.quote, kept: scan.kept };
}

interface Scan {
  words: string[];
  word: string;
  isWord: boolean;
  quote: Quote;
  kept: number;
}

/** Takes one character; says how many more it took. */
function step(scan: Scan, character: string, next: string | undefined): number {
  if (scan.quote === "'") return character === "'" ? close(scan) : add(scan, character);
  if (character === '\\' && next !== undefined) return escaped(scan, next);
  if (scan.quote === '"') return character === '"' ? close(scan) : add(scan, character);
  if (character === "'" || character === '"') return open(scan, character);
  if (/\s/.test(character)) return end(scan);
  add(scan, character);
  if (character === '=' || character === ':') scan.kept = scan.word.length;
  return 0;
}

function add(scan: Scan, text: string): 0 {
  scan.word += text;
  scan.isWord = true;
  return 0;
}

/** In double quotes a backslash stands for itself before most characters. */
function escaped(scan: Scan, next: string): 1 {
  add(scan, scan.quote === '"' && !/["\\$`]/.test(next) ? `\\${next}` : next);
  return 1;
}

/** What readline completes begins behind the quotation mark. */
function open(scan: Scan, quote: Quote): 0 {
  scan.quote = quote;
  scan.isWord = true;
  scan.kept = scan.word.length;
  return 0;
}

function close(scan: Scan): 0 {
  scan.quote = '';
  return 0;
}

function end(scan: Scan): 0 {
  if (scan.isWord) scan.words.push(scan.word);
  Object.assign(scan, { word: '', isWord: false, kept: 0 });
  return 0;
}
