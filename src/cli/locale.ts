/** What the environment says of language and place. */

/**
 * Whether text may hold more than ASCII: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty decides (POSIX,
 * "Internationalization Variables"). Where none is set, as in most containers, the terminal is one of today: it may.
 */
export function isUtf8Locale(env: NodeJS.ProcessEnv): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((name) => name !== undefined && name !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

/** The IANA name of the local time zone. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
