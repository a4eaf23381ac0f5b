/**
 * The part of XML 1.0 that files of password managers use: elements, attributes, text, CDATA, the five entities and
 * references to characters. There is no DTD, so nothing can be defined that grows.
 */

import { grouped } from './amount.js';

/** One element; `text` is all of its own text together, without that of its children. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The most that a document may have. */
export interface XmlLimits {
  readonly depth: number;
  readonly elements: number;
}

/** Why a text is not taken as XML; the message names a limit or a fault, and nothing of the text. */
export class XmlFault extends Error {}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** The root element. In one pass, without recursion; throws {@link XmlFault}. */
export function parseXml(text: string, limits: XmlLimits): XmlElement {
  return new XmlReader(text, limits).read();
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The text of the first child of that name; empty where there is none. */
export function childText(element: XmlElement | undefined, name: string): string {
  return childOf(element, name)?.text ?? '';
}

/** All children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const NAME = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();
const SPACE = /[ \t\r\n]*/y;

class XmlReader {
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #open: OpenElement[] = [];
  #at = 0;
  #elements = 0;
  #root: XmlElement | undefined;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#limits = limits;
  }

  read(): XmlElement {
    while (this.#at < this.#text.length) this.#readNext();
    if (this.#root === undefined || this.#open.length > 0) throw new XmlFault('the XML ends too early');
    return this.#root;
  }

  #readNext(): void {
    const tag = this.#text.indexOf('<', this.#at);
    const end = tag < 0 ? this.#text.length : tag;
    if (end > this.#at) this.#addText(decodeText(this.#text.slice(this.#at, end)));
    this.#at = end;
    if (tag < 0) return;
    const mark = this.#text.charAt(tag + 1);
    if (mark === '!') this.#readDeclaration();
    else if (mark === '/') this.#closeElement();
    else if (mark === '?') this.#upTo('?>');
    else this.#openElement();
  }

  #readDeclaration(): void {
    if (this.#skip('<!--')) this.#upTo('-->');
    else if (this.#skip('<![CDATA[')) this.#addText(this.#upTo(']]>'));
    else throw new XmlFault('the XML has a document type, and those are not read');
  }

  #addText(text: string): void {
    const top = this.#open.at(-1);
    if (top !== undefined) top.text += text;
    else if (text.trim() !== '') throw new XmlFault('the XML has text outside of its root');
  }

  #openElement(): void {
    this.#at += 1;
    this.#elements += 1;
    if (this.#root !== undefined) throw new XmlFault('the XML has more than one root');
    if (this.#elements > this.#limits.elements)
      throw new XmlFault(`the XML has more than ${grouped(this.#limits.elements)} elements`);
    if (this.#open.length >= this.#limits.depth)
      throw new XmlFault(`the XML is more than ${this.#limits.depth} levels deep`);
    const name = this.#match(NAME);
    const attributes = this.#readAttributes();
    this.#open.push({ name, attributes, children: [], text: '' });
    if (this.#skip('/>')) this.#end();
    else if (!this.#skip('>')) throw new XmlFault('the XML has a tag that does not end');
  }

  #readAttributes(): ReadonlyMap<string, string> {
    if ('/>'.includes(this.#text.charAt(this.#at))) return NO_ATTRIBUTES;
    const attributes = new Map<string, string>();
    for (;;) {
      this.#match(SPACE);
      const next = this.#text.charAt(this.#at);
      if (next === '>' || next === '/' || next === '') return attributes;
      const name = this.#match(NAME);
      this.#match(SPACE);
      if (!this.#skip('=')) throw new XmlFault('the XML has an attribute without a value');
      this.#match(SPACE);
      const quote = this.#text.charAt(this.#at);
      if (quote !== '"' && quote !== "'") throw new XmlFault('the XML has an attribute without quotes');
      this.#at += 1;
      attributes.set(name, decodeText(this.#upTo(quote)));
    }
  }

  #closeElement(): void {
    this.#at += 2;
    const name = this.#match(NAME);
    if (this.#text.charAt(this.#at) !== '>') this.#match(SPACE);
    if (!this.#skip('>') || this.#open.at(-1)?.name !== name)
      throw new XmlFault('the XML closes a tag that is not open');
    this.#end();
  }

  #end(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #match(pattern: RegExp): string {
    const start = this.#at;
    pattern.lastIndex = start;
    if (!pattern.test(this.#text)) throw new XmlFault('the XML has a tag without a name');
    this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  #skip(start: string): boolean {
    if (!this.#text.startsWith(start, this.#at)) return false;
    this.#at += start.length;
    return true;
  }

  /** What stands before the mark, which is passed. */
  #upTo(mark: string): string {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) throw new XmlFault('the XML ends too early');
    const between = this.#text.slice(this.#at, end);
    this.#at = end + mark.length;
    return between;
  }
}

/** Line ends as XML has them, and references replaced once: what they give is not looked at again. */
function decodeText(text: string): string {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  if (!lines.includes('&')) return lines;
  return lines.replace(/&([^;&]{0,12});?/g, (whole, name: string) => {
    if (!whole.endsWith(';')) throw new XmlFault('the XML has an & that is no reference');
    return ENTITIES[name] ?? characterOf(name);
  });
}

function characterOf(name: string): string {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name) ?? [];
  const point = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
  if (!(point <= 0x10ffff)) throw new XmlFault('the XML refers to an entity that it may not');
  return String.fromCodePoint(point);
}
