/** The first thing that is wrong with a form is where its owner goes on. */
document.querySelector('[aria-invalid="true"], [data-invalid] input, [data-fault]')?.focus();
