/** `fetch`: a request with an item's credential, which whoever asks for it does not see. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { secretFieldsOf } from '../../core/http-auth.js';
import { checkRequest, type WantedRequest } from '../../core/http-check.js';
import { readHttpPolicy } from '../../core/http-policy.js';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { ItemReference } from '../../gate/named.js';
import type { BodySink, HttpAnswer } from '../../use/http-answer.js';
import { callTool } from '../agent-call.js';
import { checkTarget, PRIVATE_MODE } from '../atomic-file.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { itemOf, toolArguments } from './item-naming.js';
import { terminalText } from './item-text.js';
import type { PlaceFlags } from './naming.js';
import { collect } from './option-alias.js';

interface FetchFlags extends PlaceFlags {
  readonly method?: string;
  readonly header?: readonly string[];
  readonly data?: string;
  readonly to?: string;
  readonly include?: boolean;
  readonly fail?: boolean;
}

/** Adds `fetch` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('fetch <url>')
    .description('make a request with an item’s credential put in, where its policy allows it')
    .requiredOption('--item <item>', 'the item by id or title')
    .option('--vault <vault>', 'its vault by id or name')
    .option('-X, --method <method>', 'the method (GET, or POST with --data)')
    .option('-H, --header <line>', 'a header, NAME: VALUE; repeatable', collect)
    .option('-d, --data <text>', 'the body, or @FILE')
    .option('-i, --include', 'print status and headers too')
    .option('--fail', 'exit with 1 where the status is 400 or more')
    .option('-o, --to <file>', 'write the body to this file (0600), also a large or a binary one');
  withExamples(command, [
    'vouchsafe fetch --item GitHub https://api.github.com/user',
    `vouchsafe fetch --item Deploy -X POST -H "content-type: application/json" -d '{"env":"staging"}' https://ci.example.com/v1/deploys --reason "Deploy v2.3"`,
    'vouchsafe fetch --item Registry -o image.tar https://registry.example.com/v2/image.tar',
  ]).action(run(async (context, ...[url, flags]: [string, FetchFlags]) => fetchUrl(context, url, flags)));
}

async function fetchUrl(context: Context, url: string, flags: FetchFlags): Promise<void> {
  const wanted = wantedOf(url, flags);
  const file = flags.to === undefined || flags.to === '-' ? null : new BodyFile(flags.to);
  try {
    const answer = await send(context, { wanted, reference: itemOf(flags, undefined), file });
    file?.keep();
    print(context, answer, { ...flags, file: file === null ? null : (flags.to ?? '') });
    if (flags.fail === true && answer.status >= 400) process.exitCode = 1;
  } finally {
    file?.abandon();
  }
}

function wantedOf(url: string, { method, header = [], data }: FetchFlags): WantedRequest {
  const headers = Object.fromEntries(header.map(parseHeader));
  const body = data?.startsWith('@') === true ? readFileSync(data.slice(1), 'utf8') : data;
  const verb = method ?? (body === undefined ? 'GET' : 'POST');
  return { url, method: verb, headers, ...(body === undefined ? {} : { body }) };
}

function parseHeader(line: string): readonly [string, string] {
  const [, name = '', value = ''] = /^([^:\s]+):[ \t]*(.*)$/s.exec(line) ?? [];
  if (name !== '') return [name, value];
  throw new Refusal('invalid_request', {
    message: 'A header is not of the form NAME: VALUE.',
    next: 'For example -H "accept: application/json".',
  });
}

interface Sending {
  readonly wanted: WantedRequest;
  readonly reference: ItemReference;
  readonly file: BodyFile | null;
}

async function send(context: Context, { wanted, reference, file }: Sending): Promise<HttpAnswer> {
  const acting = await context.acting();
  if (acting.kind === 'owner') return sendAsOwner(acting.door, { wanted, reference, file });
  if (file !== null) acting.requests.to = file;
  const call = { tool: 'http_request', arguments: { ...toolArguments(reference), ...wanted } };
  return (await callTool(context, acting, call)) as unknown as HttpAnswer; // The gate's own shape.
}

/** The owner keeps to the policy too: it is there so that a credential goes to one place. */
async function sendAsOwner(door: OwnerDoor, { wanted, reference, file }: Sending): Promise<HttpAnswer> {
  const { http } = await door.itemRules(reference);
  const policy = http === null ? null : readHttpPolicy(http);
  if (policy === null)
    throw new Refusal('forbidden', {
      message: 'It is not said where requests may carry this item.',
      next: 'vouchsafe item policy ITEM --http-host HOST --http-auth bearer:FIELD',
    });
  const request = checkRequest(policy, wanted);
  const fields = secretFieldsOf(policy.auth);
  const purpose = `${request.method} ${request.origin}${request.path}`;
  const { values, secrets, end } = await door.use(reference, { fields, codes: [], purpose });
  const shown = new Set(fields.filter((field) => !secrets.includes(field)));
  const { sendRequest } = await import('../../use/http-request.js');
  const { Mask } = await import('../../use/mask.js');
  const mask = (hidden: readonly string[]): InstanceType<typeof Mask> => new Mask(hidden);
  try {
    const to = file === null ? {} : { to: file };
    const answer = await sendRequest({ request, policy, values, shown, mask, now: Date.now(), ...to });
    await end(`status ${String(answer.status)}`);
    return answer;
  } catch (error) {
    await end(error instanceof Refusal ? error.code : 'failed');
    throw error;
  }
}

function print({ out }: Context, answer: HttpAnswer, flags: FetchFlags & { file: string | null }): void {
  const { status, status_text: words, headers, body, body_note: note } = answer;
  if (out.format !== 'human') {
    out.one(answer, '');
    return;
  }
  if (flags.include === true) {
    const lines = Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name}: ${value}`),
    );
    out.note([`${String(status)} ${words}`.trim(), ...lines].map(escapeText).join('\n'));
  } else if (status >= 400 || answer.redirect !== undefined) out.note(escapeText(`${String(status)} ${words}`.trim()));
  if (body !== undefined) out.data(out.isTerminal ? `${terminalText(body)}\n` : body);
  if (flags.file !== null) out.note(`Wrote ${flags.file} (${String(answer.body_bytes)} bytes).`);
  else if (note !== undefined) out.note(note);
}

/** The body of an answer, as a file that is there whole or not at all. */
class BodyFile implements BodySink {
  readonly #path: string;
  readonly #fresh: string;
  #descriptor: number | null;

  constructor(path: string) {
    checkTarget(path);
    this.#path = path;
    this.#fresh = join(dirname(path), `.vouchsafe-${crypto.randomUUID()}`);
    this.#descriptor = openSync(this.#fresh, 'wx', PRIVATE_MODE);
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let done = 0; this.#descriptor !== null && done < chunk.length;)
      done += writeSync(this.#descriptor, chunk, done);
    return Promise.resolve();
  }

  keep(): void {
    if (this.#descriptor === null) return;
    fsyncSync(this.#descriptor);
    this.#close();
    renameSync(this.#fresh, this.#path);
  }

  abandon(): void {
    this.#close();
    rmSync(this.#fresh, { force: true });
  }

  #close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
