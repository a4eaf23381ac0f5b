/** The process that calls servers over HTTP: a task comes as a message, what came of it goes back as one. */
import { HttpClient, type HttpAnswer } from './http-client.ts';
import { WANTED } from './program.ts';

/** A server, the tokens that call it in turn, and the vaults that they read in. */
export interface Target {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly vaults: readonly string[];
}

export interface LoadTask {
  readonly target: Target;
  /** How many call at once; each of them waits for its answer. */
  readonly callers: number;
  readonly calls: number;
  readonly protocol: 'stateless' | 'session';
}

export interface LoadDone {
  /** How long each call took, in ms. */
  readonly times: readonly number[];
  /** From the first call to the last answer. */
  readonly ms: number;
  /** The entries that the answers name. */
  readonly seqs: readonly number[];
}

type Ask = (token: string, args: object) => Promise<HttpAnswer>;

const CONNECTIONS = 64;
const clients = new Map<string, HttpClient>();
/** By server: tokens whose client has asked for the tools. */
const listed = new Map<string, Set<string>>();
/** Calls that were made of each server, so that all tokens have their turn from one task to the next. */
const made = new Map<string, number>();

function clientOf(url: string): HttpClient {
  const client = clients.get(url) ?? new HttpClient(url, { connections: CONNECTIONS });
  clients.set(url, client);
  return client;
}

async function run({ target, callers, calls, protocol }: LoadTask): Promise<LoadDone> {
  const client = clientOf(target.url);
  if (protocol === 'stateless')
    return callAll(
      async (token, args) => {
        await listOnce(target.url, token);
        return client.call({ token, tool: 'get_item', args });
      },
      { target, callers, calls },
    );
  const session = await client.session(target.tokens[0] ?? '');
  if (session === null) throw new Error('a token was not let in');
  await session.list();
  const done = await callAll((_, args) => session.call('get_item', args), { target, callers, calls });
  await session.end();
  return done;
}

/** The first of each token's clients begins with that; it counts as part of its first call. */
async function listOnce(url: string, token: string): Promise<void> {
  const known = listed.get(url) ?? new Set();
  listed.set(url, known);
  if (known.has(token)) return;
  known.add(token);
  const { status, message } = await clientOf(url).list(token);
  if (status !== 200 || message?.result?.tools === undefined) throw new Error(`no tools: ${String(status)}`);
}

async function callAll(ask: Ask, { target, callers, calls }: Omit<LoadTask, 'protocol'>): Promise<LoadDone> {
  const [times, seqs]: [number[], number[]] = [[], []];
  let left = calls;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { token, args } = nextOf(target);
      const at = performance.now();
      const answer = await ask(token, args);
      times.push(performance.now() - at);
      seqs.push(...seqOf(answer));
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return { times, ms: performance.now() - startedAt, seqs };
}

/** Whose turn it is: every token, and each of them another vault every time. */
function nextOf({ url, tokens, vaults }: Target): { token: string; args: object } {
  const number = made.get(url) ?? 0;
  made.set(url, number + 1);
  const vault = vaults[(number + Math.floor(number / tokens.length)) % vaults.length];
  return { token: tokens[number % tokens.length] ?? '', args: { ...WANTED, vault } };
}

/** The entry of an answer that gave the item; the smallest server writes none. Throws if it was refused. */
function seqOf({ status, message }: HttpAnswer): number[] {
  const { isError, structuredContent: facts } = message?.result ?? {};
  if (status !== 200 || isError === true || facts?.item === undefined)
    throw new Error(`refused: ${String(status)} ${JSON.stringify(message)}`);
  return facts.receipt === undefined ? [] : [facts.receipt.seq];
}

process.on('message', (task: LoadTask) => {
  run(task).then(
    (done) => process.send?.(done),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
