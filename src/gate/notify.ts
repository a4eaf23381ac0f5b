/**
 * Telling the owner of requests that wait, and of decoys that a token touched, by a command or a webhook of the settings: settings that the owner signed, in
 * processes of the owner. A message never holds a secret, and names and reasons only where the owner says so.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { InboxRequestShape } from '../core/inbox-shapes.js';
import type { EntryShape } from '../core/shapes.js';
import { notifyKey, notifySignature } from '../crypto/notification.js';
import { entriesAbout } from '../store/uses.js';
import type { NotifyReport } from './door.js';
import { EntryReader } from './entry-reader.js';
import { stateFolder } from './host-share.js';
import { listRequests } from './inbox.js';
import { decoysOf } from './item-rules.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';
import { settingValue } from './settings.js';

const WAYS = ['notify.command', 'notify.webhook'] as const;
type Way = (typeof WAYS)[number];

/** The newest request that each way has told of, by its number in the log. */
type Told = Readonly<Partial<Record<Way, number>>>;

const TRIES_AFTER_MS = [0, 1_000, 4_000];
const ONE_TRY_MS = 10_000;

/**
 * Tells of the requests that wait and were not told of before, each once on each way. What could not be told is in
 * `failures`, in words, and is told the next time. Never throws for a way that fails.
 */
export async function notify(core: OwnerCore, options: { readonly retry: boolean }): Promise<NotifyReport> {
  const requests = await listRequests(core, { all: false });
  const { state, decoys } = await core.read(async (ground) => ({
    state: ground.state,
    decoys: await touched(core, ground),
  }));
  const withTitles = settingValue(state, 'notify.titles') === 'true';
  const told = readTold(core);
  const now: { -readonly [W in Way]?: number } = { ...told };
  const failures: string[] = [];
  for (const way of WAYS) {
    const target = settingValue(state, way);
    for (const event of target === '' ? [] : unheard([...requests, ...decoys], told[way] ?? 0)) {
      const message = isTouch(event) ? touchMessage(core, event, withTitles) : messageOf(core, event, withTitles);
      const fault = await deliver(core, { way, target, message, retry: options.retry });
      if (fault !== null) failures.push(`${way}: ${fault}`);
      if (fault !== null) break;
      now[way] = event.seq;
    }
  }
  if (WAYS.some((way) => now[way] !== told[way])) writeTold(core, now);
  return { requests, decoys, failures };
}

/** Oldest first, so that what fails stops what comes after it. */
function unheard<E extends { readonly seq: number }>(events: readonly E[], after: number): readonly E[] {
  return events.filter(({ seq }) => seq > after).sort((a, b) => a.seq - b.seq);
}

function isTouch(event: InboxRequestShape | EntryShape): event is EntryShape {
  return 'action' in event;
}

/** The newest entries in which tokens touched a decoy, newest first. */
async function touched(core: OwnerCore, ground: OwnerGround): Promise<readonly EntryShape[]> {
  const decoys = await decoysOf(core, ground);
  if (decoys.size === 0) return [];
  const rows = await entriesAbout(ground.handle, [...decoys], TOUCHES_AT_MOST);
  return new EntryReader(core).shapes(ground, rows);
}

/** More than one is as good as many. */
const TOUCHES_AT_MOST = 100;

function touchMessage(core: OwnerCore, entry: EntryShape, withTitles: boolean): string {
  const { seq, at, actor, action, outcome, item, reason } = entry;
  const facts = { event: 'decoy', safe: core.safe.id, seq, at, token: actor.id, action, outcome };
  return JSON.stringify(withTitles ? { ...facts, token_name: actor.name, item: item?.title ?? null, reason } : facts);
}

function messageOf(core: OwnerCore, request: InboxRequestShape, withTitles: boolean): string {
  const { id, seq, at, expires_at, token, reason } = request;
  const event = request.kind === 'use' ? 'use.request' : 'access.request';
  const what = request.kind === 'use' ? { use: request.use } : { asked: request.asked };
  const facts = { event, safe: core.safe.id, request: id, seq, at, expires_at, token: token.id };
  return JSON.stringify(withTitles ? { ...facts, token_name: token.name, ...what, reason } : facts);
}

interface Delivery {
  readonly way: Way;
  readonly target: string;
  readonly message: string;
  readonly retry: boolean;
}

/** What failed at the last try, in words; null if it was delivered. */
async function deliver(core: OwnerCore, { way, target, message, retry }: Delivery): Promise<string | null> {
  if (way === 'notify.command') return runCommand(target, message);
  let fault: string | null = null;
  for (const afterMs of retry ? TRIES_AFTER_MS : [0]) {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    fault = await post(target, message, notifyKey(core.keys.rootKey, core.safe.id));
    if (fault === null) return null;
  }
  return fault;
}

/** The command gets the message on its standard input, and nothing of ours in its environment. */
async function runCommand(command: string, message: string): Promise<string | null> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VOUCHSAFE_')));
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env,
      timeout: ONE_TRY_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', () => {
      resolve('it could not be started');
    });
    child.once('close', (status, signal) => {
      resolve(status === 0 ? null : signal === null ? `it ended with ${String(status)}` : 'it took too long');
    });
    // one that does not read its input is told of the request all the same
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${message}\n`);
  });
}

async function post(url: string, body: string, key: string): Promise<string | null> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'vouchsafe',
    'vouchsafe-signature': notifySignature(key, body, Math.floor(Date.now() / 1000)),
  };
  try {
    const signal = AbortSignal.timeout(ONE_TRY_MS);
    const response = await fetch(url, { method: 'POST', body, headers, redirect: 'error', signal });
    await response.body?.cancel();
    return response.ok ? null : `it answered ${String(response.status)}`;
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'it took too long' : 'it could not be reached';
  }
}

function toldFile(core: OwnerCore): string {
  return join(stateFolder(core.safe.places, core.safe.id), 'notified.json');
}

/** A file that is damaged says nothing: then requests that wait are told of once more. */
function readTold(core: OwnerCore): Told {
  const text = readPrivateFile(toldFile(core));
  if (text === null) return {};
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    return Object.fromEntries(WAYS.flatMap((way) => (typeof said[way] === 'number' ? [[way, said[way]]] : [])));
  } catch {
    return {};
  }
}

function writeTold(core: OwnerCore, told: Told): void {
  writePrivateFile(toldFile(core), `${JSON.stringify(told)}\n`);
}
