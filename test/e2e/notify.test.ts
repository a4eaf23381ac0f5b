/** The owner is told of requests: by `unlock` and `watch`, by a command and a webhook, each request once on each way. */
import { createHmac } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loopbackIdentity } from '../support/certificate.js';
import { CLIENTS } from '../support/mcp-clients.js';
import { listenForWebhooks, type Webhook } from '../support/webhook.js';
import { PASSWORD, PROGRAM, REASON, Station, type Json, type Ran, type Variables } from './station.js';
import { atTerminal, NO_TERMINAL } from './terminal.js';

let first: Station;
let station: Station;

beforeAll(async () => {
  first = new Station('notify-first');
  await first.openNew('--recovery-code', join(first.folder, 'recovery'));
});

beforeEach(() => {
  station = new Station('notify').openLike(first);
});

afterEach(() => station.end());
afterAll(() => first.end());

/** A new agent asks for access with a real client; its request. */
async function ask(agent: string, reason = REASON): Promise<Json> {
  const token = await station.token(agent, '--agent');
  const env = station.environment({ VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token });
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const client = await CLIENTS[0]?.[1]({ args: [PROGRAM, 'mcp'], env: Object.fromEntries(set) });
  const asked = { vault: 'Ledger', role: 'editor', expiration: '1d', reason };
  const answer = await client?.callTool({ name: 'request_access', arguments: asked });
  await client?.close();
  expect(answer.structuredContent.request).toMatchObject({ id: expect.any(String), state: 'pending' });
  return answer.structuredContent.request;
}

async function set(name: string, value: string): Promise<void> {
  await station.ok(['settings', 'set', name, value]);
}

/** `unlock`, which goes well whatever becomes of the messages; with the recovery code, whose key costs no time. */
async function unlock(env: Variables = {}): Promise<Ran> {
  return unlockBy(['--recovery-code', join(first.folder, 'recovery')], env);
}

async function unlockBy(proof: readonly string[], env: Variables): Promise<Ran> {
  const ran = await station.run(['unlock', '--json', ...proof], { env: { VOUCHSAFE_SESSION: undefined, ...env } });
  expect(ran.status).toBe(0);
  return ran;
}

/** `watch`, at work until `stop` sends it what Ctrl-C does; what it has printed is in `seen`. */
function watch(args: readonly string[] = [], env: Variables = {}) {
  const child = station.start(['watch', ...args], { env });
  const seen = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    seen,
    until: (holds: () => boolean) => expect.poll(holds, { timeout: 30_000 }).toBe(true),
    stop: async () => {
      child.kill('SIGINT');
      return { status: await ended, ...seen };
    },
  };
}

/** What a file holds, line by line; nothing where there is none. */
function linesOf(name: string): readonly string[] {
  return existsSync(join(station.folder, name)) ? station.read(name).split('\n').slice(0, -1) : [];
}

/** What every message says, and all that it says without titles. */
function plainMessage(request: Json): Json {
  return {
    event: 'access.request',
    safe: expect.stringMatching(/^\S+$/),
    request: request.id,
    seq: expect.any(Number),
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    token: expect.stringMatching(/^[a-z]+(?:-[a-z]+)+$/),
  };
}

describe('notify.command', () => {
  test('gets each request once on its stdin, from unlock or from watch, and no variable of ours', async () => {
    await set('notify.command', `cat >> '${station.folder}/heard'; env > '${station.folder}/variables'`);
    const asked = await ask('deploy-bot');
    expect(linesOf('heard')).toEqual([]);
    const { stdout, stderr } = await unlockBy([], { VOUCHSAFE_PASSWORD_FILE: station.passwordFile });
    expect(linesOf('heard').map((line) => JSON.parse(line))).toEqual([plainMessage(asked)]);
    expect([JSON.parse(stdout).requests, stderr]).toEqual([1, expect.stringMatching(/^Requests to decide: 1 /)]);
    const variables = linesOf('variables');
    expect(variables).toContain(`HOME=${station.folder}`);
    expect(variables.filter((line) => line.startsWith('VOUCHSAFE_'))).toEqual([]);
    expect(variables.join('\n')).not.toContain(PASSWORD);

    await unlock();
    expect(linesOf('heard')).toHaveLength(1);
    const second = await ask('ledger-bot');
    const watching = watch();
    await watching.until(() => watching.seen.stdout.includes(second.id));
    expect(await watching.stop()).toMatchObject({ status: 130 });
    await unlock();
    expect(linesOf('heard').map((line) => JSON.parse(line).request)).toEqual([asked.id, second.id]);
    expect(linesOf('variables').filter((line) => line.startsWith('VOUCHSAFE_'))).toEqual([]);
  });

  test('hears names, titles and reasons with notify.titles only', async () => {
    await set('notify.command', `cat >> '${station.folder}/heard'`);
    const silent = await ask('deploy-bot');
    await unlock();
    expect(station.read('heard')).not.toMatch(/deploy-bot|Ledger|nightly/);
    await set('notify.titles', 'true');
    const open = await ask('ledger-bot', 'Book the "refunds" of May');
    await unlock();
    expect(linesOf('heard').map((line) => JSON.parse(line))).toEqual([
      plainMessage(silent),
      {
        ...plainMessage(open),
        token_name: 'ledger-bot',
        reason: 'Book the "refunds" of May',
        asked: expect.objectContaining({ vault: 'Ledger', role: 'editor', expiration: '1d' }),
      },
    ]);
  });

  test('one that fails is said on stderr and told the same again; what comes after it waits', async () => {
    await set('notify.command', `cat >> '${station.folder}/heard'; test -e '${station.folder}/ready' || exit 3`);
    const [first, second] = [await ask('deploy-bot'), await ask('ledger-bot')];
    for (const times of [1, 2]) {
      expect((await unlock()).stderr).toContain('notify.command: it ended with 3\n');
      expect(linesOf('heard').map((line) => JSON.parse(line).request)).toEqual(Array(times).fill(first.id));
    }
    rmSync(join(station.folder, 'heard'));
    station.file('ready', '');
    for (let round = 0; round < 2; round += 1) expect((await unlock()).stderr).not.toContain('notify.command');
    expect(linesOf('heard').map((line) => JSON.parse(line).request)).toEqual([first.id, second.id]);
  });
});

describe('notify.webhook', () => {
  const identity = loopbackIdentity();
  let webhook: Webhook;
  let trusting: Variables;

  beforeEach(async () => {
    webhook = await listenForWebhooks(identity);
    trusting = { NODE_EXTRA_CA_CERTS: station.file('ca.pem', identity.cert) };
    await set('notify.webhook', webhook.url);
  });

  afterEach(() => webhook.close());

  test('gets each request once, signed now with the key that notify.key tells', async () => {
    const request = await ask('deploy-bot');
    const before = Math.floor(Date.now() / 1000);
    for (let round = 0; round < 2; round += 1) expect((await unlock(trusting)).stderr).not.toContain('notify.webhook');
    expect(webhook.received).toHaveLength(1);
    const [{ method, path, headers, body } = expect.fail()] = webhook.received;
    expect([method, path, headers['content-type']]).toEqual(['POST', '/told', 'application/json']);
    expect(JSON.parse(body)).toEqual(plainMessage(request));
    const [, seconds = '', mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['vouchsafe-signature'])) ?? [];
    const key = Buffer.from((await station.ok(['settings', 'get', 'notify.key'])).trim(), 'hex');
    expect(key).toHaveLength(32);
    expect(mac).toBe(createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex'));
    expect(Number(seconds)).toBeGreaterThanOrEqual(before);
    expect(Number(seconds)).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test('is tried again by watch after a 500, and by unlock only the next time', async () => {
    const request = await ask('deploy-bot');
    webhook.statuses.push(500);
    expect((await unlock(trusting)).stderr).toContain('notify.webhook: it answered 500\n');
    expect(webhook.received).toHaveLength(1);
    webhook.statuses.push(500);
    const watching = watch([], trusting);
    await watching.until(() => watching.seen.stdout.includes(request.id));
    const { status, stderr } = await watching.stop();
    expect([status, stderr]).toEqual([130, expect.not.stringContaining('notify.webhook')]);
    expect(webhook.received.map(({ body }) => JSON.parse(body).request)).toEqual(Array(3).fill(request.id));
    await unlock(trusting);
    expect(webhook.received).toHaveLength(3);
  });

  test.each([301, 307, 308])('a redirect with %i is not followed, and counts as not told', async (status) => {
    const request = await ask('deploy-bot');
    webhook.statuses.push(status);
    expect((await unlock(trusting)).stderr).toContain('notify.webhook: it could not be reached\n');
    expect(webhook.received.map(({ path }) => path)).toEqual(['/told']);
    expect((await unlock(trusting)).stderr).not.toContain('notify.webhook');
    expect(webhook.received.map(({ path, body }) => [path, JSON.parse(body).request])).toEqual([
      ['/told', request.id],
      ['/told', request.id],
    ]);
  });

  test('one whose certificate is not trusted hears nothing', async () => {
    await ask('deploy-bot');
    expect((await unlock()).stderr).toContain('notify.webhook: it could not be reached\n');
    expect(webhook.received).toEqual([]);
  });

  test('a URL that is not https is refused, and the one before stays', async () => {
    for (const url of [webhook.url.replace('https', 'http'), 'ftp://127.0.0.1/', 'https://', 'told']) {
      const { status, stdout, stderr } = await station.run(['settings', 'set', 'notify.webhook', url]);
      expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining('takes an https URL, or empty')]);
      expect(stderr).not.toContain(url);
    }
    expect(await station.ok(['settings', 'get', 'notify.webhook'])).toBe(`${webhook.url}\n`);
  });
});

describe('watch', () => {
  test('prints each request as it comes, once, and ends with 130', async () => {
    const first = await ask('deploy-bot');
    const watching = watch();
    await watching.until(() => watching.seen.stdout.includes(first.id));
    const second = await ask('ledger-bot', 'Book the refunds of May');
    await watching.until(() => watching.seen.stdout.includes(second.id));
    // two more looks at the inbox
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const { status, stdout, stderr } = await watching.stop();
    expect([status, stderr]).toEqual([130, 'Watching for requests. Ctrl-C ends it.\n']);
    const line = (agent: string, reason: string) => `${agent} asks for editor on vault Ledger, 1d: ${reason}`;
    expect(stdout.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}/gm, '').split('\n')).toEqual([
      line('deploy-bot', REASON),
      `                  vouchsafe inbox show ${first.id}`,
      line('ledger-bot', 'Book the refunds of May'),
      `                  vouchsafe inbox show ${second.id}`,
      '',
    ]);
  });

  test('as ndjson, each request is one line, and nothing else is printed', async () => {
    const watching = watch(['--output', 'ndjson']);
    const request = await ask('deploy-bot', 'Book the "refunds" of May');
    await watching.until(() => watching.seen.stdout.includes(request.id));
    const { status, stdout, stderr } = await watching.stop();
    expect([status, stderr, stdout.split('\n').length]).toEqual([130, '', 2]);
    expect(JSON.parse(stdout)).toMatchObject({
      id: request.id,
      kind: 'access',
      state: 'pending',
      token: { name: 'deploy-bot' },
      reason: 'Book the "refunds" of May',
      asked: { vault: 'Ledger', role: 'editor', expiration: '1d' },
    });
  });

  test.skipIf(NO_TERMINAL)('Ctrl-C at a terminal ends it, and no prompt stands behind it', async () => {
    const { status, stdout } = await atTerminal(station, { args: ['watch'], steps: [['Watching', '\u0003']] });
    expect([status, stdout]).toEqual([130, 'Watching for requests. Ctrl-C ends it.\n^C\n']);
  });
});
