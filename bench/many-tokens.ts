/** A safe with many tokens, each of which may read in every one of its vaults; all made by the owner, one by one. */
import { makeSafe, named, needed, VAULT, type BenchSafe } from './program.ts';

export interface CrowdedSafe {
  readonly safe: BenchSafe;
  readonly tokens: readonly string[];
  readonly vaults: readonly string[];
}

const ITEMS = 12;
const TELL_EVERY_MS = 15_000;

/** Makes `tokens` tokens with `grants` grants each. */
export async function makeCrowdedSafe(
  of: { tokens: number; grants: number },
  tell: (text: string) => void,
): Promise<CrowdedSafe> {
  const safe = await makeSafe(ITEMS);
  const vaults = [VAULT, ...Array.from({ length: of.grants - 1 }, (_, i) => `Department ${String(i + 1)}`)];
  for (const name of vaults.slice(1)) {
    await safe.owner.createVault({ name });
    await safe.owner.createItem(named(name), needed());
  }
  const tokens: string[] = [];
  let toldAt = performance.now();
  for (let i = 0; i < of.tokens; i += 1) {
    const wanted = { name: `agent ${String(i + 1)}`, isAgent: true, vaults: vaults.map(named) };
    tokens.push((await safe.owner.createToken(wanted)).token);
    if (performance.now() - toldAt < TELL_EVERY_MS) continue;
    tell(`${String(i + 1)} of ${String(of.tokens)} tokens`);
    toldAt = performance.now();
  }
  return { safe, tokens, vaults };
}
