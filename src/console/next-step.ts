/** A refusal's next step, as somebody in the console can take it: where a page does what a command does, the page. */

/** Commands that next steps end in, as patterns, and where that is done here. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/^audit verify --full$/, 'Safety, Verify every signature'],
  [/^audit verify$/, 'Safety, Verify now'],
  [/^audit list(?: .+)?$/, 'Activity'],
  [/^vault list$/, 'Vaults'],
  [/^vault update .+$/, 'Vaults, Edit'],
  [/^item restore ITEM$/, 'the trash of its vault'],
  [/^item history ITEM$/, 'its history'],
  [/^item view ITEM$/, 'its page'],
  [/^settings (?:list|get \S+)$/, 'Settings'],
  [/^pat access list-access TOKEN$/, 'the page of the token'],
  [/^pat renew NAME$/, 'Tokens, Renew'],
  [/^pat delete NAME$/, 'Tokens, Delete'],
  [/^pat list$/, 'Tokens'],
  [/^inbox list$/, 'Inbox'],
  [/^recipe (?:list|show NAME)$/, 'Safety, Recipes'],
  [/^info$/, 'Overview'],
];

/** The same step, with the page in place of the command that ends it; as it is, where no page does that. */
export function nextStep(next: string | undefined): string | undefined {
  const [, before = '', command = ''] = /^(.*?)vouchsafe (.+)$/s.exec(next ?? '') ?? [];
  const place = PLACES.find(([pattern]) => pattern.test(command))?.[1];
  if (place === undefined) return next;
  return before === '' ? `See ${place}.` : `${before}${place}.`;
}
