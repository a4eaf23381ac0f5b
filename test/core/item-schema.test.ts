import { describe, expect, it } from 'vitest';
import { makeContent, overviewOf } from '../../src/core/item-content.js';
import { contentSchema, overviewSchema, parseTemplate } from '../../src/core/item-schema.js';
import { itemTemplate } from '../../src/core/item-type.js';
import { ITEM_TYPES } from '../../src/core/model.js';
import { refused, told } from './refused.js';

const CONTENT = makeContent({
  type: 'login',
  title: 'x',
  tags: ['t'],
  fields: [{ section: 's', name: '__proto__', value: 'v' }],
});

/** What `change` makes of a copy, through JSON text, so that `__proto__` is an own key. */
const changed = (value: unknown, from: string, to: string): unknown =>
  JSON.parse(JSON.stringify(value).replace(from, to));

describe('stored forms', () => {
  it('reads what it wrote', () => {
    expect(contentSchema.parse(JSON.parse(JSON.stringify(CONTENT)))).toEqual(CONTENT);
    const overview = overviewOf(CONTENT);
    expect(overviewSchema.parse(JSON.parse(JSON.stringify(overview)))).toEqual(overview);
  });

  it.each([
    ['{', '{"extra":1,'],
    ['{', '{"__proto__":{},'],
    ['{', '{"constructor":1,'],
    ['"login"', '"Login"'],
    ['"title":"x"', '"title":7'],
    ['"title":"x",', ''],
    ['"tags":["t"]', '"tags":"t"'],
    ['"section":"s"', '"section":null'],
    ['"section":"s"', '"extra":"s"'],
    ['"kind":"text"', '"kind":"TEXT"'],
  ])('refuses %s turned into %s', (from, to) => {
    expect(contentSchema.safeParse(changed(CONTENT, from, to)).success).toBe(false);
    expect(overviewSchema.safeParse(changed(overviewOf(CONTENT), from, to)).success).toBe(false);
  });

  it('refuses an overview with a value, and a content without', () => {
    expect(overviewSchema.safeParse(CONTENT).success).toBe(false);
    expect(contentSchema.safeParse(overviewOf(CONTENT)).success).toBe(false);
  });
});

describe('parseTemplate', () => {
  it.each(ITEM_TYPES)('reads the empty one of %s', (type) => {
    expect(parseTemplate(JSON.stringify(itemTemplate(type)))).toEqual(itemTemplate(type));
  });

  it('takes what little there is', () => {
    expect(parseTemplate('{}')).toEqual({});
    expect(parseTemplate('{"fields":[{"name":"a","value":"b"}]}')).toEqual({ fields: [{ name: 'a', value: 'b' }] });
  });

  it.each([
    ['', 'not JSON'],
    ['{"title":"CANARY"', 'not JSON'],
    ['[]', 'at $.'],
    ['null', 'at $.'],
    ['"CANARY"', 'at $.'],
    ['{"CANARY":1}', 'not known, at $.'],
    ['{"__proto__":{"title":"CANARY"}}', 'not known, at $.'],
    ['{"title":["CANARY"]}', 'at $.title.'],
    ['{"fields":[{"name":"a","value":"b"},{"name":"CANARY"}]}', 'at $.fields[1].value.'],
    ['{"fields":[{"name":"a","value":"b","kind":"CANARY"}]}', 'at $.fields[0].kind.'],
    ['{"fields":[{"name":"a","value":"b","CANARY":1}]}', 'not known, at $.fields[0].'],
  ])('refuses %s without echoing it', (text, place) => {
    const refusal = refused('invalid_request', () => parseTemplate(text));
    expect(refusal.facts.message).toContain(place);
    expect(told(refusal)).not.toContain('CANARY');
  });
});
