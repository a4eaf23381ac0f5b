/**
 * The encoders of the corpus: how programs write a value within a text. They share nothing with the mask. Each gives
 * the text in three parts: what stands before, all that depends on the secret, and what stands after.
 */
export type Parts = readonly [before: string, concealed: string, after: string];
export interface Around {
  readonly before: string;
  readonly after: string;
}
export type Encoder = (secret: string, around: Around) => Parts;

const hexOf = (text: string): string[] => [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0'));
const upper = (hex: string): string => hex.toUpperCase();

/** Only the secret is encoded. */
const inPlace =
  (encode: (secret: string) => string): Encoder =>
  (secret, { before, after }) => [before, encode(secret), after];

/** Everything is encoded together; each character of the result is the secret's if any of its bits is. */
const base64With =
  (finish: (text: string) => string = (text) => text): Encoder =>
  (secret, { before, after }) => {
    const text = finish(Buffer.from(before + secret + after).toString('base64'));
    const start = Buffer.byteLength(before);
    return split(text, Math.floor((8 * start) / 6), Math.ceil((8 * (start + Buffer.byteLength(secret))) / 6));
  };

const url = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');
const unpadded = (text: string): string => text.replace(/=+$/, '');

/** Wrapped as programs do it; the line ends within the secret's characters are part of what is concealed. */
const wrapped =
  (width: number, end: string, indent = ''): Encoder =>
  (secret, around) => {
    const [before, core, after] = base64With()(secret, around);
    const place = (index: number): number => index + Math.floor(index / width) * (end.length + indent.length);
    const text = (before + core + after).replace(new RegExp(`(.{${String(width)}})(?=.)`, 'g'), `$1${end}${indent}`);
    return split(text, place(before.length), place(before.length + core.length - 1) + 1);
  };

function split(text: string, from: number, to: number): Parts {
  return [text.slice(0, from), text.slice(from, to), text.slice(to)];
}

const percent =
  (isKept: RegExp, write = upper): ((text: string) => string) =>
  (text) =>
    Array.from(text)
      .map((one) =>
        isKept.test(one)
          ? one
          : hexOf(one)
              .map((hex) => `%${write(hex)}`)
              .join(''),
      )
      .join('');
const lower = (hex: string): string => hex;

const units = (text: string): string[] =>
  Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0'));
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const escapeWhere =
  (chosen: RegExp, write = lower) =>
  (text: string): string =>
    text.replace(chosen, (found) =>
      units(found)
        .map((unit) => `\\u${write(unit)}`)
        .join(''),
    );
const ascii = escapeWhere(/[^\0-\x7f]/gu);
const goSafe = escapeWhere(/[<>&\u2028\u2029]/g);
const phpSafe = (text: string): string =>
  escapeWhere(
    /['<>&]/g,
    upper,
  )(ascii(json(text)))
    .replaceAll('\\"', '\\u0022')
    .replaceAll('/', '\\/');

/** As bash writes it: `$'…'` where there is a control character, else a backslash before what is special. */
function printfQ(text: string): string {
  if (/[\0-\x1f\x7f]/.test(text)) return `$'${ansiC(text).replaceAll("'", "\\'")}'`;
  return text.replace(/[^A-Za-z0-9_.\-/:=@%+\u0080-\u{10ffff}]/gu, '\\$&');
}

const ANSI: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x1b': '\\E', '\\': '\\\\' };
const ansiC = (text: string): string =>
  text.replace(/[\0-\x1f\\\x7f]/g, (one) => ANSI[one] ?? `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
const octals = (text: string): string =>
  text.replace(/[^\0-\x7f]/gu, (one) => [...Buffer.from(one)].map((byte) => `\\${byte.toString(8)}`).join(''));

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Every line but the first with something before it; the first has it outside of what is concealed. */
const prefixed =
  (prefix: string): Encoder =>
  (secret, { before, after }) => [`${before}\n${prefix}`, secret.replaceAll('\n', `\n${prefix}`), `\n${after}`];

const ENCODED: Record<string, Record<string, Encoder>> = {
  exact: { plain: inPlace((text) => text) },
  base64: {
    standard: base64With(),
    'no padding': base64With(unpadded),
    'in JSON with escaped slashes': (secret, around) => {
      const parts = base64With()(secret, around).map((part) => part.replaceAll('/', '\\/'));
      return [parts[0] ?? '', parts[1] ?? '', parts[2] ?? ''];
    },
    '64 columns, LF': wrapped(64, '\n'),
    '64 columns, CRLF': wrapped(64, '\r\n'),
    '76 columns, LF': wrapped(76, '\n'),
    '76 columns, CRLF': wrapped(76, '\r\n'),
    '76 columns in JSON': wrapped(76, '\\n'),
    '76 columns, indented': wrapped(76, '\n', '    '),
  },
  base64url: { padded: base64With(url), 'no padding': base64With((text) => unpadded(url(text))) },
  percent: {
    encodeURIComponent: inPlace(encodeURIComponent),
    'RFC 3986': inPlace(percent(/[A-Za-z0-9._~-]/)),
    'lower digits': inPlace(percent(/[A-Za-z0-9._~-]/, lower)),
    form: inPlace((text) => new URLSearchParams([['', text]]).toString().slice(1)),
    everything: inPlace(percent(/^$/)),
    'everything, lower digits': inPlace(percent(/^$/, lower)),
    twice: inPlace((text) => encodeURIComponent(encodeURIComponent(text))),
    'everything, twice': inPlace((text) => percent(/^$/)(text).replaceAll('%', '%25')),
  },
  hex: {
    lower: inPlace((text) => hexOf(text).join('')),
    upper: inPlace((text) => upper(hexOf(text).join(''))),
    colons: inPlace((text) => hexOf(text).join(':')),
    'upper, colons': inPlace((text) => upper(hexOf(text).join(':'))),
    blanks: inPlace((text) => hexOf(text).join(' ')),
    '60 columns': inPlace((text) =>
      hexOf(text)
        .join('')
        .replace(/(.{60})(?=.)/g, '$1\n'),
    ),
  },
  json: {
    stringify: inPlace(json),
    slashes: inPlace((text) => json(text).replaceAll('/', '\\/')),
    'all ASCII': inPlace((text) => ascii(json(text))),
    'all ASCII, upper digits': inPlace((text) => escapeWhere(/[^\0-\x7f]/gu, upper)(json(text))),
    'safe in HTML, as of Go': inPlace((text) => goSafe(json(text))),
    'safe in HTML, as of PHP': inPlace(phpSafe),
    'JSON in JSON': inPlace((text) => json(json(text))),
    'all ASCII, JSON in JSON': inPlace((text) => json(ascii(json(text)))),
  },
  shell: {
    'single quotes': inPlace((text) => text.replaceAll("'", "'\\''")),
    'quotes in quotes': inPlace((text) => text.replaceAll("'", `'"'"'`)),
    'double quotes': inPlace((text) => text.replace(/["$`\\]/g, '\\$&')),
    'printf %q': inPlace((text) => printfQ(text).replace(/^\$'|(?<=^\$'.*)'$/gs, '')),
    'backslash before all': inPlace((text) => text.replace(/[^A-Za-z0-9\n]/gu, '\\$&')),
    'ANSI C': inPlace((text) => ansiC(text).replaceAll("'", "\\'")),
    'ANSI C, octal': inPlace((text) => octals(ansiC(text).replaceAll("'", "\\'"))),
  },
  html: { entities: inPlace((text) => text.replace(/[&<>"']/g, (one) => HTML[one] ?? one)) },
};

const LINES: Record<string, Record<string, Encoder>> = {
  lines: {
    LF: inPlace((text) => text),
    CRLF: inPlace((text) => text.replaceAll('\n', '\r\n')),
    'indented by 4': prefixed('    '),
    'indented by a tab': prefixed('\t'),
    'quoted as mail': prefixed('> '),
    'after a name': prefixed('app-1  | '),
    'after a time': prefixed('2026-03-04T05:06:07.089Z INFO worker[17]: '),
    'unquoted in the shell': inPlace((text) => text.replaceAll('\n', ' ')),
  },
};

export const CLASSES: readonly string[] = [...Object.keys(ENCODED), ...Object.keys(LINES), 'line'];

/** The encoders of a class, by name. A secret of one line has none of `lines` and `line`. */
export function encodersOf(name: string, isMultiline: boolean): readonly (readonly [string, Encoder])[] {
  if (name in ENCODED) return Object.entries(ENCODED[name] ?? {});
  return isMultiline ? Object.entries(LINES[name] ?? {}) : [];
}
