/** What a call may use without showing it: values go to what follows the entry, and never into the answer. */
import { findField, isConcealed } from '../core/item-content.js';
import { fieldPath } from '../core/item-field.js';
import type { FieldName } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import type { FoundItem, SecretUse } from '../tools/tool.js';
import { resolveAll, targetOf } from './call-ground.js';
import { shown } from './draft.js';
import { ReadingView } from './reading-view.js';

export class UsingView extends ReadingView {
  async use(found: FoundItem, asked: SecretUse): Promise<ReadonlyMap<string, string>> {
    const item = this.shelved(found);
    const { draft, shelf, at } = this.live;
    draft.fields = [...asked.fields, ...asked.codes].map(shown);
    const fields = fieldsFor(resolveAll(item.overview.fieldNames, asked.fields), 'value');
    const codes = fieldsFor(resolveAll(item.overview.fieldNames, asked.codes), 'code');
    const secrets = [...fields.filter(({ kind }) => isConcealed(kind)), ...codes].map(fieldPath);
    const { approve: isDemanded } = await this.rulesOf(item.id);
    const use = { target: targetOf(item), secrets, exposure: asked.exposure, isDemanded };
    await this.requireSecrets([use], { subject: item.id, purpose: asked.purpose });
    draft.secrets = secrets;
    draft.fields = [...fields, ...codes].map(fieldPath);
    this.footprint.purpose = shown(asked.purpose);
    const content = await shelf.content(at, item);
    const names = [...asked.fields, ...asked.codes];
    return new Map(
      [...fields, ...codes].map((field, n) => [names[n] ?? '', findField(content, fieldPath(field)).value]),
    );
  }

  lend(values: ReadonlyMap<string, string>): void {
    this.footprint.lent = values;
  }
}

/** The fields, if each can be used so: a seed gives codes, and nothing else does. */
function fieldsFor(fields: readonly FieldName[], as: 'value' | 'code'): readonly FieldName[] {
  if (as === 'value' && fields.some(({ kind }) => kind === 'totp'))
    throw new Refusal('forbidden', {
      message: 'The seed of a one-time code is never given.',
      next: 'Ask for the code: add ?totp=code to the reference.',
    });
  if (as === 'code' && fields.some(({ kind }) => kind !== 'totp'))
    throw new Refusal('invalid_request', {
      message: 'Only a one-time code can be asked for with ?totp=code.',
      next: 'Leave ?totp=code out.',
    });
  return fields;
}
