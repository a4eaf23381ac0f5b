/** One line on a terminal's stderr that says what goes on, and of which nothing is left. */

export interface StatusLine {
  /** How many columns a text may have; what is wider could not be erased. */
  readonly width: number;
  /** Shows the text in place of the one before; it is written as it is, so escape what others wrote. */
  show(text: string): void;
  /** Takes the line away. */
  erase(): void;
}

/** Goes to the start of the line and erases it (ECMA-48: CR, EL 2). */
const ERASE = '\r\u001b[2K';

/** The line on the stream; undefined where that is no terminal, or one that cannot erase. */
export function statusLine(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): StatusLine | undefined {
  if (!stream.isTTY || env['TERM'] === 'dumb') return undefined;
  let isShown = false;
  return {
    get width() {
      return stream.columns - 1;
    },
    show: (text) => {
      stream.write(ERASE + text);
      isShown = true;
    },
    erase: () => {
      if (isShown) stream.write(ERASE);
      isShown = false;
    },
  };
}
