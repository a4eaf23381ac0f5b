/** The page answers what made a token: to load it again must not make another one, so it leads to the token's own page. */
history.replaceState(null, '', document.querySelector('[data-issued]').dataset.issued);
