import { describe, expect, it } from 'vitest';
import { answerAws } from '../../../src/cli/helper/aws.js';
import { refusedLater, told } from '../../core/refused.js';
import { fixedDoor, REFUSED, type FixedItem } from './fixed-door.js';

const item = (values: Record<string, string>, type: FixedItem['type'] = 'api-key') => ({ type, title: 'AWS', values });
const PAIR = { key: 'AKIDEXAMPLE', secret: 'c4nary' };

describe('the answer to AWS', () => {
  it('is one object of version 1, with the two parts', async () => {
    const door = fixedDoor([item({ ...PAIR, endpoint: 'https://s3.amazonaws.com', note: 'x' })]);
    const text = await answerAws('AWS', door);
    expect(text).toBe('{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"c4nary"}\n');
    expect(door.reads).toEqual(['AWS: key, secret']);
  });

  it('has the session token and when it ends, if the item has them', async () => {
    const values = { ...PAIR, session_token: 'tok', expiration: '2026-12-01T14:00:00+02:00' };
    expect(JSON.parse(await answerAws('AWS', fixedDoor([item(values)])))).toEqual({
      Version: 1,
      AccessKeyId: 'AKIDEXAMPLE',
      SecretAccessKey: 'c4nary',
      SessionToken: 'tok',
      Expiration: '2026-12-01T12:00:00.000Z',
    });
  });

  it.each([
    [item({ key: 'AKIDEXAMPLE' })],
    [item({ secret: 'c4nary' })],
    [item({ key: 'k', username: 'u', password: 'c4nary' }, 'login')],
  ])('is refused for an item that is no such key, before anything is read', async (fixed) => {
    const door = fixedDoor([fixed]);
    expect(told(await refusedLater('invalid_request', answerAws('AWS', door)))).not.toContain('c4nary');
    expect(door.reads).toEqual([]);
  });

  it.each(['tomorrow', '2026-12-01', '2026-13-01T00:00:00Z', '2026-12-01T12:00:00'])(
    'is refused where its end is no moment: %s',
    async (expiration) => {
      await refusedLater('invalid_request', answerAws('AWS', fixedDoor([item({ ...PAIR, expiration })])));
    },
  );

  it('is what the safe says where it refuses', async () => {
    await refusedLater('forbidden', answerAws('AWS', fixedDoor([item(PAIR)], REFUSED)));
    await refusedLater('not_found', answerAws('Other', fixedDoor([item(PAIR)])));
  });
});
