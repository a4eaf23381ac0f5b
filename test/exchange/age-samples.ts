/** Files that age 1.1.1 made (Debian 12), each holding {@link PLAIN}; the identity opens nothing else. */

export const PLAIN = 'FROM_AGE=yes\n';

export const PASSPHRASE = 'five plain words of age';

export const IDENTITY = ['AGE', 'SECRET', 'KEY', '1Q0HRERUGSRVL55ZYHS3M6ENPUQ6UHJJXRKFHHT2T5WZJW6L2243SRGRA2A'].join(
  '-',
);

export const RECIPIENT = 'age1ffekhq594mlmjrv356vepdlxt59fcfmp96fqdfs64hyn53gdsuuqtky59p';

/** `age -p -a`, work factor 2^18. */
export const UNDER_PASSPHRASE = `-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBsOElhQzlmbGw1SHFKUnh5
UkZ4bnlRIDE4CkZ4QzE0SGNVeFM2OWxLRk54M2xrdkZzcGZwLzJHSnJDMGd3L2ox
a245NWsKLS0tIHBrUVBoZTZ2UDQxTmVIRStIVmFnZm43UEpYWnFSMUZ5UWl4R2ZE
aFU4cXcKxcTUk9OlaM6UQz0yciYENZfOsecnkgM/WhYGta6lAZsWaYRmq0jyz2I+
pf4p
-----END AGE ENCRYPTED FILE-----
`;

/** `age -a -r`. */
export const FOR_RECIPIENT = `-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBVYURFZ3B1Q0N0bGlkYjVB
K3FRUW4yallCWUlEYUo0UURMbW50U0JjS25ZCjRxT1dhNHZNcWRUclU5Z2Rlby9u
MWxnQlJaZmV0d1c4VHNFTnZQMVUxQW8KLS0tIEVxc2lvQUVGYUlTNnl4Q093OFpt
eVh2S2N4c1pVWjYrTzdXdG93UkNWRVEKLHGaDkjBZ5ympL/lbtXV1C6R4C5p2fsc
Dvpry1vc3prRDABKVQept8CwuFMu
-----END AGE ENCRYPTED FILE-----
`;
