/** What a call may use without showing it: values go to what follows the entry, and never into the answer. */
import { secretFieldsOf } from '../core/http-auth.js';
import { checkRequest, type CheckedRequest, type WantedRequest } from '../core/http-check.js';
import { type HttpPolicy, readHttpPolicy } from '../core/http-policy.js';
import { findField, isConcealed } from '../core/item-content.js';
import { fieldPath, resolveField } from '../core/item-field.js';
import type { FieldName } from '../core/model.js';
import { fillHoles, fillRequest } from '../core/recipe.js';
import { checkUse, printReference, referencePath, type SecretReference } from '../core/reference.js';
import { Refusal } from '../core/refusal.js';
import type { FoundItem, SecretUse } from '../tools/tool.js';
import { requestEffect, requestText } from './brokered.js';
import { type RequestSide, resolveAll, targetOf } from './call-ground.js';
import { shown } from './draft.js';
import type { AskedUse } from './ground-view.js';
import { ReadingView } from './reading-view.js';
import { checkProgram, commandEffect, findRecipe, type ListedRecipe, referencesOf, runText } from './recipes.js';
import type { ShelvedItem } from './shelf.js';
import { vaultOf } from './verified-state.js';

export class UsingView extends ReadingView {
  async use(
    found: FoundItem,
    asked: SecretUse,
  ): Promise<{ readonly values: ReadonlyMap<string, string>; readonly secrets: readonly string[] }> {
    const item = this.shelved(found);
    const { draft, shelf, at } = this.live;
    draft.fields = [...asked.fields, ...asked.codes].map(shown);
    const fields = fieldsFor(resolveAll(item.overview.fieldNames, asked.fields), 'value');
    const codes = fieldsFor(resolveAll(item.overview.fieldNames, asked.codes), 'code');
    const secrets = [...fields.filter(({ kind }) => isConcealed(kind)), ...codes].map(fieldPath);
    const isDemanded = (await this.rulesOf(item.id)).approve && secrets.length > 0;
    const use = { target: targetOf(item), secrets, exposure: asked.exposure, isDemanded };
    await this.requireSecrets([use], { subject: item.id, purpose: asked.purpose });
    draft.secrets = secrets;
    draft.fields = [...fields, ...codes].map(fieldPath);
    this.footprint.purpose = shown(asked.purpose);
    const content = await shelf.content(at, item);
    const names = [...asked.fields, ...asked.codes];
    const used = [...fields, ...codes].map((field, n) => ({ field, name: names[n] ?? '' }));
    return {
      values: new Map(used.map(({ field, name }) => [name, findField(content, fieldPath(field)).value])),
      secrets: used.filter(({ field }) => isConcealed(field.kind)).map(({ name }) => name),
    };
  }

  async request(found: FoundItem, wanted: WantedRequest): Promise<void> {
    const item = this.shelved(found);
    const rules = await this.rulesOf(item.id);
    const { policy, request } = this.#allowed(rules.http, wanted);
    const used = await this.#credential(item, policy);
    const isDemanded = rules.approve && used.secrets.length > 0;
    const use = { target: targetOf(item), secrets: used.secrets, exposure: 'hidden', isDemanded } as const;
    await this.requireSecrets([use], { subject: item.id, purpose: requestText(request) });
    this.#send({ policy, request, used });
  }

  /** The policy of an item and the request that it allows. */
  #allowed(http: string | null, wanted: WantedRequest): { policy: HttpPolicy; request: CheckedRequest } {
    const policy = http === null ? null : readHttpPolicy(JSON.parse(http));
    if (policy === null) throw noPolicy();
    return { policy, request: checkRequest(policy, wanted) };
  }

  /** The values that a policy sends, by the names it has for their fields. */
  async #credential(item: ShelvedItem, { auth }: HttpPolicy): Promise<Credential> {
    const { shelf, at } = this.live;
    const content = await shelf.content(at, item);
    const fields = secretFieldsOf(auth).map((name) => ({ name, field: findField(content, name) }));
    const open = fields.filter(({ field }) => !isConcealed(field.kind));
    return {
      values: new Map(fields.map(({ name, field }) => [name, field.value])),
      shown: new Set(open.map(({ name }) => name)),
      secrets: fields.filter((one) => !open.includes(one)).map(({ field }) => fieldPath(field)),
      paths: fields.map(({ field }) => fieldPath(field)),
    };
  }

  #send({ policy, request, used, limits }: Sending): void {
    const { values, shown: open, secrets, paths } = used;
    Object.assign(this.live.draft, { secrets, fields: paths });
    this.footprint.purpose ??= shown(`${request.method} ${request.origin}${request.path}`);
    const { requests } = this.live;
    const side = limits === undefined ? requests : { ...requests, limits };
    this.footprint.effect = requestEffect({ policy, request, values, shown: open, side, now: this.now });
  }

  async runRecipe(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    const listed = await findRecipe(this.live, name);
    await this.note(listed.vault);
    const { recipe } = listed;
    const purpose = runText(listed, values);
    this.footprint.purpose = shown(purpose);
    if (recipe.does.kind === 'request')
      return this.#requestOf(listed, {
        wanted: fillRequest(recipe, recipe.does, values),
        item: recipe.does.item,
        purpose,
      });
    const filled = recipe.does.arguments.map((text) => fillHoles(recipe, values)(text));
    checkProgram(recipe.does);
    const uses = await this.#usesOf(referencesOf(recipe.does), recipe.approve);
    const secrets = uses.flatMap(({ use }) => use.secrets);
    await this.requireSecrets(this.#askedBy(listed, uses), { subject: await this.#subjectOf(listed, uses), purpose });
    Object.assign(this.live.draft, { secrets, fields: secrets });
    const all = new Map(uses.flatMap(({ given }) => [...given]));
    this.footprint.effect = commandEffect({
      ...{ recipe, command: recipe.does, arguments: filled, secrets: uses.flatMap(({ hidden }) => hidden) },
      valueOf: (reference) => all.get(printReference(reference)) ?? '',
    });
  }

  /** What a recipe asks for: its items, or where it uses none its vault. */
  #askedBy({ vault, recipe }: ListedRecipe, uses: readonly ItemUse[]): readonly AskedUse[] {
    const whole = { target: { kind: 'vault', vault }, secrets: [], exposure: 'hidden' } as const;
    return uses.length > 0 ? uses.map(({ use }) => use) : [{ ...whole, isDemanded: recipe.approve }];
  }

  /** What a run is about: the one item that it uses, which the entry then names, or the recipe. */
  async #subjectOf({ id }: ListedRecipe, uses: readonly ItemUse[]): Promise<string> {
    const [only] = uses;
    if (only === undefined || uses.length > 1) return id;
    await this.#noteItem(only.item);
    return only.item.id;
  }

  async #requestOf(listed: ListedRecipe, of: { wanted: WantedRequest; item: string; purpose: string }): Promise<void> {
    const { wanted, purpose } = of;
    const item = await this.#granted(of.item);
    await this.#noteItem(item);
    const rules = await this.rulesOf(item.id);
    const { policy, request } = this.#allowed(rules.http, wanted);
    const used = await this.#credential(item, policy);
    const isDemanded = listed.recipe.approve || (rules.approve && used.secrets.length > 0);
    const use = { target: targetOf(item), secrets: used.secrets, exposure: 'hidden', isDemanded } as const;
    await this.requireSecrets([use], { subject: item.id, purpose: `${purpose}\n${requestText(request)}` });
    const { timeoutMs, outputCap: bodyCap } = listed.recipe;
    this.#send({ policy, request, used, limits: { timeoutMs, bodyCap } });
  }

  /** An item by its id, if the token reaches it. */
  async #granted(id: string): Promise<ShelvedItem> {
    const item = await this.reach.item(id, { vault: null, where: 'kept' });
    this.footprint.touched.push({ first: item.id, end: `${item.id}~` });
    return item;
  }

  async #noteItem(item: ShelvedItem): Promise<void> {
    await this.note(vaultOf(item.id));
    Object.assign(this.live.draft, { item: item.id, itemTitle: item.overview.title });
  }

  /** The items that references name, each with its secrets and what the references stand for. */
  async #usesOf(references: readonly SecretReference[], isDemanded: boolean): Promise<readonly ItemUse[]> {
    const uses: ItemUse[] = [];
    for (const id of new Set(references.map(({ item }) => item))) {
      const item = await this.#granted(id);
      const rules = await this.rulesOf(item.id);
      const own = references.filter((reference) => reference.item === id);
      const given = await this.#valuesOf(item, own);
      const concealed = own.filter((reference) => isSecret(item, referencePath(reference)));
      const secrets = [...new Set(concealed.map(referencePath))];
      const use = { target: targetOf(item), secrets, exposure: 'hidden' as const };
      const hidden = concealed.map((reference) => given.get(printReference(reference)) ?? '');
      uses.push({
        ...{ item, given, hidden },
        use: { ...use, isDemanded: isDemanded || (rules.approve && secrets.length > 0) },
      });
    }
    return uses;
  }

  async #valuesOf(item: ShelvedItem, references: readonly SecretReference[]): Promise<ReadonlyMap<string, string>> {
    const content = await this.live.shelf.content(this.live.at, item);
    const { totpCode } = await import('../tools/totp.js');
    return new Map(
      references.map((reference) => {
        const field = findField(content, referencePath(reference));
        fieldsFor([field], reference.isCode ? 'code' : 'value');
        const value = reference.isCode ? totpCode(field.value, this.now).code : field.value;
        return [printReference(reference), value];
      }),
    );
  }

  lend(values: ReadonlyMap<string, string>): void {
    this.footprint.lent = values;
  }
}

/** What a request carries. */
interface Credential {
  readonly values: ReadonlyMap<string, string>;
  readonly shown: ReadonlySet<string>;
  readonly secrets: readonly string[];
  readonly paths: readonly string[];
}

/** A request that may be made; a recipe has limits of its own. */
interface Sending {
  readonly policy: HttpPolicy;
  readonly request: CheckedRequest;
  readonly used: Credential;
  readonly limits?: RequestSide['limits'];
}

/** What a recipe uses of one item: values by the canonical texts of their references. */
interface ItemUse {
  readonly item: ShelvedItem;
  readonly given: ReadonlyMap<string, string>;
  /** The values among them that must not be seen. */
  readonly hidden: readonly string[];
  readonly use: AskedUse;
}

function isSecret({ overview }: ShelvedItem, path: string): boolean {
  return isConcealed(resolveField(overview.fieldNames, path).kind);
}

function noPolicy(): Refusal {
  return new Refusal('forbidden', {
    message: 'The owner has not said where requests may carry this item.',
    next: 'Tell the user: the owner can allow it with vouchsafe item policy ITEM --http-host HOST --http-auth FORM.',
  });
}

/** The fields, if each can be used so. */
function fieldsFor(fields: readonly FieldName[], as: 'value' | 'code'): readonly FieldName[] {
  for (const { kind } of fields) checkUse(kind, as === 'code');
  return fields;
}
