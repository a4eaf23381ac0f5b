/**
 * `npm run bench:redaction`: what a mask finds of the corpus, what it takes wrongly, and what it costs. `--quick` takes
 * less of everything, to see that it works. Ends with 1 where recall is not whole.
 */
import type * as Masks from '../src/use/mask.js';
import { parseArgs } from 'node:util';
import { cut, draw, makeBenign, makeCases, makeSecrets, seeded } from '../test/corpus/redaction/cases.ts';
import { atLeast, atMost, median, noted, printFigures, show, type Figure } from './figures.ts';
import { compiled } from './program.ts';
import { PIPES, pipeThrough } from './redaction-pipe.ts';

const { CONCEALED, Mask } = (await import(compiled('use/mask.js'))) as typeof Masks;
const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' }, seed: { type: 'string' } } });
const isQuick = flags.quick === true;
const SEEDS = isQuick ? 1 : 10;
const MIB = 1024 * 1024;
const TEXT_BYTES = (isQuick ? 4 : 32) * MIB;
const PIPE_BYTES = (isQuick ? 10 : 100) * MIB;
const ROUNDS = isQuick ? 3 : 15;
const CHUNK = 65_536;
const random = seeded(Number(flags.seed ?? 1));

const figures: Figure[] = [];

function streamed(mask: Masks.Mask, pieces: readonly Uint8Array[]): Buffer {
  const stream = mask.stream();
  return Buffer.concat([...pieces.map((piece) => stream.push(piece)), stream.end()]);
}

/** Recall: exactly the secret is replaced, whole and in pieces. */
function measureRecall(): boolean {
  const found = new Map<string, { whole: number; all: number }>();
  for (let seed = 0; seed < SEEDS; seed += 1) {
    for (const { secret, cases } of makeCases(random)) {
      const mask = new Mask([secret]);
      for (const { class: name, parts } of cases) {
        const [before, concealed, after] = parts;
        const count = found.get(name) ?? { whole: 0, all: 0 };
        const text = before + concealed + after;
        const outputs = [mask.text(text), streamed(mask, cut(random, Buffer.from(text), 40)).toString()];
        count.all += 1;
        if (outputs.every((output) => output === before + CONCEALED + after)) count.whole += 1;
        found.set(name, count);
      }
    }
  }
  for (const [name, { whole, all }] of found) {
    figures.push(atLeast(`recall, ${name} (${String(whole)} of ${String(all)})`, (100 * whole) / all, [100, '%']));
  }
  return [...found.values()].every(({ whole, all }) => whole === all);
}

/** What is taken of texts that hold no secret. */
function measureFalsePositives(): void {
  let [taken, texts, bytes] = [0, 0, 0];
  for (let seed = 0; seed < SEEDS * 20; seed += 1) {
    const secrets = makeSecrets(random).map(({ secret }) => secret);
    const mask = new Mask(secrets);
    for (const { text } of makeBenign(random)) {
      texts += 1;
      bytes += Buffer.byteLength(text);
      if (mask.text(text) !== text) taken += 1;
    }
  }
  figures.push(atMost(`false positives (${String(texts)} texts, ${show(bytes / MIB)} MiB)`, taken, [0, 'texts']));
}

function repeated(text: () => string): Buffer {
  const pieces: string[] = [];
  for (let size = 0; size < MIB; size += pieces.at(-1)?.length ?? 0) pieces.push(text());
  const block = Buffer.from(pieces.join(''));
  return Buffer.concat(
    Array.from({ length: Math.ceil(TEXT_BYTES / block.length) }, () => block),
    TEXT_BYTES,
  );
}

const any = (count: number): string => draw(random, 'any', count);
const SECRETS = Array.from({ length: 20 }, (_, i) => any(16 + i));

const TEXTS: Record<string, () => string> = {
  'a log': () =>
    `2026-01-02T03:04:05Z INFO request id=${any(8)} GET /api/items/${draw(random, 'digit', 5)} in 12 ms, status 200\n`,
  base64: () => `${draw(random, 'base64', 76)}\n`,
  JSON: () => JSON.stringify({ id: any(20), name: 'Ada "the" Countess', notes: ['a\\b', 'é\n'], count: 12 }) + '\n',
  'beginnings of the secrets': () => {
    const secret = SECRETS[Math.floor(random() * SECRETS.length)] ?? '';
    const near = [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')];
    return near.map((form) => form.slice(0, Math.ceil(form.length * random())) + ' ').join('');
  },
};

function measureSpeed(): void {
  for (const [kind, text] of Object.entries(TEXTS)) {
    const bytes = repeated(text);
    for (const count of [1, 20]) {
      const mask = new Mask(SECRETS.slice(0, count));
      const speed = median(Array.from({ length: isQuick ? 2 : 7 }, () => speedOf(mask, bytes)));
      const name = `${kind}, ${String(count)} secret${count > 1 ? 's' : ''}`;
      figures.push(count === 1 ? noted(name, speed, 'MB/s') : atLeast(name, speed, [100, 'MB/s']));
    }
  }
  const making = Array.from({ length: 20 }, () =>
    msOf(() => new Mask(Array.from({ length: 20 }, () => any(24))).stream()),
  );
  figures.push(noted('a mask of 20 secrets is made in', median(making), 'ms'));
}

function speedOf(mask: Masks.Mask, bytes: Buffer): number {
  const ms = msOf(() => {
    const stream = mask.stream();
    for (let at = 0; at < bytes.length; at += CHUNK) stream.push(bytes.subarray(at, at + CHUNK));
    stream.end();
  });
  return bytes.length / 1e6 / (ms / 1000);
}

function msOf(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** A child's output to a reader, with a mask and without, in turns. */
async function measurePipes(): Promise<void> {
  const secret = any(32);
  for (const [name, program] of Object.entries(PIPES)) {
    const [plain, masked]: number[][] = [[], []];
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const inTurn = round % 2 === 0 ? [null, secret] : [secret, null];
      for (const kind of inTurn) {
        const ms = await pipeThrough({ program, bytes: PIPE_BYTES, secret: kind });
        (kind === null ? plain : masked)?.push(ms);
      }
      ratios.push((masked?.at(-1) ?? 0) / (plain?.at(-1) ?? 1));
    }
    const [without, within] = [median(plain ?? []), median(masked ?? [])];
    process.stderr.write(`bench: ${name}: ${show(without)} ms without a mask, ${show(within)} ms with one\n`);
    figures.push(
      atMost(`a pipe of ${show(PIPE_BYTES / MIB)} MiB, ${name}, with 1 secret`, median(ratios), [1.05, '×']),
    );
  }
}

const isWhole = measureRecall();
measureFalsePositives();
measureSpeed();
await measurePipes();
printFigures(figures);
process.exitCode = isWhole ? 0 : 1;
