/** What an agent is given of an answer: masked, made to fit, and only if it is text. */
import type { Dispatcher } from 'undici';
import { refusal, tooLarge } from './http-fault.js';
import type { Masker } from './masker.js';

/** An answer as an agent gets it, everything in it masked. */
export interface HttpAnswer {
  readonly status: number;
  readonly status_text: string;
  /** Names in lower case; a list where a header stands several times. Values of cookies are withheld. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The body, if it is text and was not written elsewhere. */
  readonly body?: string;
  /** How long the body is, in bytes before masking; at least that where it is not read to its end. */
  readonly body_bytes: number;
  readonly truncated?: true;
  readonly body_note?: string;
  readonly redirect?: { readonly location: string; readonly followed: false; readonly note: string };
}

/** Where the body is written in place of being given. */
export interface BodySink {
  write(chunk: Uint8Array): Promise<void>;
}

export interface Reading {
  readonly mask: Masker;
  /** The longest of the masked secrets, in bytes. */
  readonly longestSecret: number;
  /** The most bytes of text that are given. */
  readonly bodyCap: number;
  /** The most bytes that are written to the sink. */
  readonly sinkCap: number;
  readonly to?: BodySink | undefined;
}

export type RawAnswer = Dispatcher.ResponseData;
/** Names in lower case with their values, in the order of the answer. */
export type RawHeaders = ReadonlyMap<string, readonly string[]>;

/** The answer, once its body is read or written. Throws `unavailable` where it is too large for the sink. */
export async function readAnswer(answer: RawAnswer, reading: Reading): Promise<HttpAnswer> {
  const { mask } = reading;
  const headers = headersOf(answer);
  const location = headers.get('location')?.[0];
  const isRedirect = answer.statusCode >= 300 && answer.statusCode < 400 && location !== undefined;
  return {
    status: answer.statusCode,
    status_text: mask.text(answer.statusText),
    headers: Object.fromEntries([...headers].map(([name, values]) => [mask.text(name), shown(name, values, mask)])),
    ...(reading.to === undefined ? await given(answer, headers, reading) : await written(answer, headers, reading)),
    ...(isRedirect ? { redirect: { location: mask.text(location), followed: false, note: NOT_FOLLOWED } } : {}),
  };
}

const NOT_FOLLOWED = 'The redirect was not followed: the credential goes to no other place by itself.';

/** The headers of an answer as text: UTF-8 where it is that, else by byte. */
export function headersOf(answer: RawAnswer): RawHeaders {
  const raw = answer.headers as unknown as readonly string[];
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), asUtf8(raw[at + 1] ?? '')]);
  }
  return headers;
}

function asUtf8(latin1: string): string {
  return decodeUtf8(Buffer.from(latin1, 'latin1'), true) ?? latin1;
}

/** Undefined for what is not UTF-8; a character that is cut at the end is left out unless the text is whole. */
function decodeUtf8(bytes: Uint8Array, isWhole: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !isWhole });
  } catch {
    return undefined;
  }
}

/** A cookie that the server sets is a credential of its own. */
function shown(name: string, values: readonly string[], mask: Masker): string | readonly string[] {
  const texts = values.map((value) =>
    mask.text(/^set-cookie2?$/.test(name) ? value.replace(/=[^;]*/, '=[withheld]') : value),
  );
  const [first = ''] = texts;
  return texts.length === 1 ? first : texts;
}

type BodyPart = Pick<HttpAnswer, 'body' | 'body_bytes' | 'truncated' | 'body_note'>;

async function given(answer: RawAnswer, headers: RawHeaders, reading: Reading): Promise<BodyPart> {
  // A secret that begins at the cut would stand there in part: so much more is read than is given.
  const slack = reading.longestSecret * LONGEST_CODING + 64;
  const { bytes, isWhole } = await readUpTo(answer, reading.bodyCap + slack);
  const length = isWhole ? bytes.length : Math.max(bytes.length, declaredLength(headers));
  const text = isText(headers) ? decodeUtf8(bytes, isWhole) : undefined;
  if (text === undefined || text.includes('\0')) {
    return length === 0 ? { body: '', body_bytes: 0 } : { body_bytes: length, body_note: binaryNote(length, isWhole) };
  }
  const masked = Buffer.from(reading.mask.text(text));
  const kept = cutAt(masked, isWhole ? reading.bodyCap : Math.min(reading.bodyCap, masked.length - slack));
  const body = masked.toString('utf8', 0, kept);
  if (isWhole && kept === masked.length) return { body, body_bytes: length };
  return { body, body_bytes: length, truncated: true, body_note: CUT };
}

/** Longer than any way to write one byte of a secret that a mask knows, such as `\u00XX` or `0xXX, `. */
const LONGEST_CODING = 12;

const WHOLE_BY = 'The command line writes it to a file whole: vouchsafe fetch -o FILE.';
const CUT = `The body is longer than what is shown of it. ${WHOLE_BY}`;

function binaryNote(length: number, isWhole: boolean): string {
  const size = `${isWhole ? '' : 'at least '}${String(length)} bytes`;
  return `The body is not text, or compressed: ${size}. ${WHOLE_BY}`;
}

/** The last place at or before `at` where a character begins or the text ends. */
function cutAt(bytes: Uint8Array, at: number): number {
  let place = Math.max(0, Math.min(at, bytes.length));
  while (place > 0 && place < bytes.length && ((bytes[place] ?? 0) & 0xc0) === 0x80) place -= 1;
  return place;
}

async function readUpTo(answer: RawAnswer, most: number): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(answer)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > most) return { bytes: Buffer.concat(chunks).subarray(0, most), isWhole: false };
  }
  return { bytes: Buffer.concat(chunks), isWhole: true };
}

function chunksOf(answer: RawAnswer): AsyncIterable<Buffer> {
  return answer.body as AsyncIterable<Buffer>;
}

/**
 * Everything that is written goes through the mask, text or not. What the server compressed, though it was asked not to,
 * is refused, since no mask sees into it.
 */
async function written(answer: RawAnswer, headers: RawHeaders, reading: Reading): Promise<BodyPart> {
  if (isEncoded(headers)) throw refusal('The answer is compressed, which was not asked for.', 'content-encoding');
  const stream = reading.mask.stream();
  let length = 0;
  for await (const chunk of chunksOf(answer)) {
    length += chunk.length;
    if (length > reading.sinkCap) throw tooLarge();
    await writeTo(reading.to, stream.push(chunk));
  }
  await writeTo(reading.to, stream.end());
  return { body_bytes: length, body_note: 'The body was written to the file, secrets in it masked.' };
}

async function writeTo(to: BodySink | undefined, chunk: Uint8Array): Promise<void> {
  try {
    if (chunk.length > 0) await to?.write(chunk);
  } catch {
    throw refusal('The body could not be written to the file.', 'sink');
  }
}

function declaredLength(headers: RawHeaders): number {
  const text = headers.get('content-length')?.[0] ?? '';
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
}

function isEncoded(headers: RawHeaders): boolean {
  const codings = (headers.get('content-encoding') ?? []).join(',').split(',');
  return codings.some((coding) => !['', 'identity'].includes(coding.trim().toLowerCase()));
}

const TEXT_TYPE =
  /^(?:text\/.*|application\/(?:(?:[\w.-]+\+)?(?:json|xml|yaml)|x-(?:ndjson|www-form-urlencoded|yaml|sh)|jsonl|javascript|graphql|toml|sql|pem-certificate-chain)|image\/svg\+xml|message\/.*)$/;

/** By its type, or where it has none; in UTF-8, since the mask reads no other coding. */
function isText(headers: RawHeaders): boolean {
  const [type = '', ...parameters] = (headers.get('content-type')?.[0] ?? 'text/plain').toLowerCase().split(';');
  const charset = parameters.map((text) => /^\s*charset\s*=\s*"?([^"\s]*)/.exec(text)?.[1]).find(Boolean) ?? 'utf-8';
  return !isEncoded(headers) && TEXT_TYPE.test(type.trim()) && /^(?:utf-?8|us-ascii|iso-8859-1)$/.test(charset);
}
