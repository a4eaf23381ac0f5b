/** A few signs, drawn as lines in the colour of the text; each stands beside words, and says nothing alone. */

const PATHS = {
  menu: 'M3 5h14M3 10h14M3 15h14',
  lock: 'M5.5 9V6.5a4.5 4.5 0 0 1 9 0V9M4 9h12v8H4z',
  copy: 'M7 7h9v10H7zM13 7V3H4v10h3',
  plus: 'M10 4v12M4 10h12',
  check: 'M4 10.5l4 4 8-9',
  cross: 'M5 5l10 10M15 5L5 15',
  warning: 'M10 3l8 14H2zM10 8v4M10 14.5v.5',
  arrow: 'M4 10h12M11 5l5 5-5 5',
  search: 'M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zM13.5 13.5L17 17',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
