import { describe, expect, it } from 'vitest';
import { answerGit, parseDescription, serveGit } from '../../../src/cli/helper/git.js';
import { refusedLater, told } from '../../core/refused.js';
import { fixedDoor, pipeOf, REFUSED } from './fixed-door.js';

const HUB = { title: 'Hub', urls: ['https://github.com'], values: { username: 'ada', password: 's3cr3t=x y' } };
const ASK = 'protocol=https\nhost=github.com\n\n';

describe('a description of git', () => {
  it.each([
    ['protocol=https\nhost=github.com\n', { url: 'https://github.com/' }],
    ['protocol=https\nhost=h:8443\npath=a/b.git\nusername=ada\n\n', { url: 'https://h:8443/a/b.git', username: 'ada' }],
    ['capability[]=authtype\nprotocol=http\nhost=h\nwwwauth[]=Basic realm="a=b"\nunknown\n', { url: 'http://h/' }],
    ['protocol=https\nhost=a\nhost=b\nusername=\n', { url: 'https://b/' }],
    ['protocol=https\nhost=a\n\nhost=b\n', { url: 'https://a/' }],
    ['protocol=https\nhost=a', { url: 'https://a/' }],
  ])('is read: %j', (text, wanted) => {
    expect(parseDescription(text)).toEqual(wanted);
  });

  it.each([
    '',
    '\n',
    '\nprotocol=https\nhost=a\n',
    'protocol=cert\npath=/key.pem\n',
    'host=a\n',
    'protocol=https\nhost=\n',
  ])('asks for nothing that there is: %j', (text) => {
    expect(parseDescription(text)).toBeNull();
  });
});

describe('the answer to git', () => {
  it('is user name and password, to the byte', async () => {
    expect(await answerGit(ASK, fixedDoor([HUB]))).toBe('username=ada\npassword=s3cr3t=x y\n');
  });

  it('leaves the user name out where there is none', async () => {
    const door = fixedDoor([{ ...HUB, values: { password: 'p' } }]);
    expect(await answerGit(ASK, door)).toBe('password=p\n');
  });

  it('is silence where nothing fits', async () => {
    expect(await answerGit('protocol=https\nhost=gitlab.com\n', fixedDoor([HUB]))).toBe('');
    expect(await answerGit('protocol=cert\npath=/x\n', fixedDoor([HUB]))).toBe('');
  });

  it.each(['a\nhost=evil.example', 'a\n', 'a\0b', 'a\rb'])(
    'is never a secret with a line break or NUL: %j',
    async (password) => {
      const door = fixedDoor([{ ...HUB, values: { username: 'ada', password } }]);
      const refusal = await refusedLater('invalid_request', answerGit(ASK, door));
      expect(told(refusal)).not.toContain('evil');
    },
  );
});

describe('an operation of git', () => {
  it('get is answered as soon as the blank line is there, however it comes in', async () => {
    const pipe = pipeOf('protocol=ht', 'tps\nhost=github.com\n', '\n', 'never read');
    await serveGit('get', fixedDoor([HUB]), pipe);
    expect(pipe.written()).toBe('username=ada\npassword=s3cr3t=x y\n');
  });

  it.each(['store', 'erase', 'capability', 'anything'])('%s is passed over in silence', async (operation) => {
    const door = fixedDoor([HUB]);
    const pipe = pipeOf(`${ASK}username=ada\npassword=new\n`);
    await serveGit(operation, door, pipe);
    expect(pipe.written()).toBe('');
    expect(door.reads).toEqual([]);
  });

  it('that is refused tells git to stop there, and says why to the one who started it', async () => {
    const pipe = pipeOf(ASK);
    await refusedLater('forbidden', serveGit('get', fixedDoor([HUB], REFUSED), pipe));
    expect(pipe.written()).toBe('quit=1\n');
    const unclear = pipeOf(ASK);
    await refusedLater('ambiguous', serveGit('get', fixedDoor([HUB, { ...HUB, title: 'Other' }]), unclear));
    expect(unclear.written()).toBe('quit=1\n');
  });

  it('is refused if it is too long or no text', async () => {
    await refusedLater('invalid_request', serveGit('get', fixedDoor([HUB]), pipeOf(`a=${'x'.repeat(70_000)}`)));
    const bytes = {
      input: (async function* () {
        yield await Promise.resolve(Buffer.from([0xff]));
      })(),
      write: () => undefined,
      warn: () => undefined,
    };
    await refusedLater('invalid_request', serveGit('get', fixedDoor([HUB]), bytes));
  });
});
