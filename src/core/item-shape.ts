/** The public JSON of an item, the same over MCP, on the command line and in exports (`agent-surface.md`). */
import { isoTime } from './expiry.js';
import { isConcealed, urlsOf, usernameOf } from './item-content.js';
import type { Field, ItemContent } from './model.js';
import type { FieldShape, ItemShape } from './shapes.js';

/** What {@link itemShape} is made from. Times are unix ms. */
export interface ItemFacts {
  readonly id: string;
  readonly vaultId: string;
  /** The vault's name. */
  readonly vault: string;
  readonly content: ItemContent;
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly trashedAt?: number | null | undefined;
  /** Asked for each concealed field; without it all of them stay concealed. */
  readonly reveal?: ((field: Field) => boolean) | undefined;
}

/** The public JSON of the item. No concealed value is in it but those that `reveal` says yes to. */
export function itemShape(facts: ItemFacts): ItemShape {
  const { content, trashedAt, reveal = () => false } = facts;
  return {
    id: facts.id,
    vault_id: facts.vaultId,
    vault: facts.vault,
    type: content.type,
    title: content.title,
    username: usernameOf(content),
    urls: urlsOf(content),
    tags: content.tags,
    fields: content.fields.map((field) => fieldShape(field, !isConcealed(field.kind) || reveal(field))),
    revision: facts.revision,
    created_at: isoTime(facts.createdAt),
    updated_at: isoTime(facts.updatedAt),
    ...(trashedAt === undefined || trashedAt === null ? {} : { trashed_at: isoTime(trashedAt) }),
  };
}

function fieldShape({ section, name, kind, value }: Field, isShown: boolean): FieldShape {
  const head = section === undefined ? { name, kind } : { name, section, kind };
  return isShown ? { ...head, value } : { ...head, concealed: true };
}
