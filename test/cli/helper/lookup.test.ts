import { describe, expect, it } from 'vitest';
import { chooseItem, findCredential, type Wanted } from '../../../src/cli/helper/lookup.js';
import { refusedLater, told } from '../../core/refused.js';
import { fixedDoor, type FixedItem } from './fixed-door.js';

const HUB = 'https://github.com';
const login = (title: string, urls: string[], username?: string): FixedItem => ({
  title,
  urls,
  values: { ...(username === undefined ? {} : { username }), password: `pw-${title}` },
});
const ask = (items: readonly FixedItem[], wanted: Wanted) => findCredential(fixedDoor(items), wanted);

describe('the credential for a URL', () => {
  it('is of the one item of the host, of which only the password is read', async () => {
    const door = fixedDoor([login('Mail', ['https://mail.example'], 'ada'), login('Hub', [HUB], 'ada')]);
    expect(await findCredential(door, { url: 'https://www.github.com/x.git' })).toEqual({
      username: 'ada',
      secret: 'pw-Hub',
    });
    expect(door.reads).toEqual(['Hub: password']);
  });

  it.each([
    'https://github.com.evil.example',
    'https://evilgithub.com',
    'https://gist.github.com/x.git',
    'https://gitlab.com',
    'https://evil.example/github.com',
    '',
    '/github.com',
  ])('is none for %j, and nothing is read', async (url) => {
    const door = fixedDoor([login('Hub', [HUB], 'ada')]);
    expect(await findCredential(door, { url })).toBeNull();
    expect(door.reads).toEqual([]);
  });

  it('is none of another site, whatever the safe offers', async () => {
    const offered = await fixedDoor([login('Mail', ['https://mail.example'], 'ada')]).search('https://mail.example');
    expect(chooseItem(offered, { url: 'https://mail.example' })?.title).toBe('Mail');
    expect(chooseItem(offered, { url: HUB })).toBeNull();
  });

  it('is not one of another user than the one asked for', async () => {
    expect(await ask([login('Hub', [HUB], 'ada')], { url: HUB, username: 'eve' })).toBeNull();
    expect(await ask([login('Hub', [HUB], 'ada')], { url: HUB, username: 'Ada' })).toMatchObject({ username: 'ada' });
    expect(await ask([login('Hub', [HUB])], { url: HUB, username: 'eve' })).toEqual({
      username: 'eve',
      secret: 'pw-Hub',
    });
    expect(await ask([login('Hub', [HUB])], { url: HUB })).toEqual({ username: null, secret: 'pw-Hub' });
  });

  it('is of the user asked for where several items fit, else of the very host and port', async () => {
    const items = [login('Any', [HUB]), login('A', [HUB], 'ada'), login('G', ['https://gist.github.com'], 'ada')];
    expect(await ask(items, { url: 'https://gist.github.com', username: 'ada' })).toMatchObject({ secret: 'pw-G' });
    expect(await ask(items.slice(0, 2), { url: HUB, username: 'ada' })).toMatchObject({ secret: 'pw-A' });
    const ports = [login('One', ['https://git.internal:8443']), login('Two', ['git.internal:9443'])];
    expect(await ask(ports, { url: 'https://git.internal:9443/r' })).toMatchObject({ secret: 'pw-Two' });
  });

  it('is refused, with the titles, where several fit equally, and none is read', async () => {
    const door = fixedDoor([login('A', [HUB], 'ada'), login('B', [HUB], 'bob'), login('C', ['https://c.example'])]);
    const refusal = await refusedLater('ambiguous', findCredential(door, { url: HUB }));
    expect(refusal.facts.candidates).toEqual(['A', 'B']);
    expect(told(refusal)).not.toContain('pw-');
    expect(door.reads).toEqual([]);
  });

  it('is not sent over plain http unless the item has such a URL for that host', async () => {
    const item = [login('Hub', [HUB], 'ada')];
    expect(await ask(item, { url: 'http://github.com' })).toBeNull();
    expect(await ask(item, { url: 'HTTP://github.com' })).toBeNull();
    expect(await ask([login('L', ['http://127.0.0.1:80'])], { url: 'http://127.0.0.1:9000' })).not.toBeNull();
    expect(await ask([login('L', ['http://a.example.com'])], { url: 'http://b.example.com' })).toBeNull();
    expect(await ask([login('L', ['http://a.example.com'])], { url: 'https://b.example.com' })).toBeNull();
    expect(await ask([login('L', ['http://a.example.com'])], { url: 'https://a.example.com' })).not.toBeNull();
  });

  it('comes from logins and API keys alone', async () => {
    const note: FixedItem = { type: 'note', title: 'N', urls: [HUB], values: { password: 'no', text: 'no' } };
    const database: FixedItem = {
      type: 'database',
      title: 'D',
      urls: [HUB],
      values: { username: 'u', password: 'no' },
    };
    const bare: FixedItem = { title: 'B', urls: [HUB], values: { username: 'u' } };
    expect(await ask([note, database, bare], { url: HUB })).toBeNull();
  });

  it.each<[string, Record<string, string>, string | undefined, object, string]>([
    ['its key', { key: 'k' }, undefined, { username: 'x-access-token', secret: 'k' }, 'key'],
    ['its key and the user it has', { key: 'k', username: 'bot' }, undefined, { username: 'bot', secret: 'k' }, 'key'],
    ['its key and the user asked for', { key: 'k' }, 'ada', { username: 'ada', secret: 'k' }, 'key'],
    ['both its parts', { key: 'k', secret: 's' }, undefined, { username: 'k', secret: 's' }, 'key, secret'],
    [
      'its secret and the user it has',
      { key: 'k', secret: 's', username: 'bot' },
      undefined,
      { username: 'bot', secret: 's' },
      'secret',
    ],
  ])('is, of an API key, %s', async (_, values, username, credential, read) => {
    const door = fixedDoor([{ type: 'api-key', title: 'K', urls: [HUB], values }]);
    expect(await findCredential(door, { url: HUB, username })).toEqual(credential);
    expect(door.reads).toEqual([`K: ${read}`]);
  });
});
