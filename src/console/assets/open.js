/** The link was opened by a browser that runs scripts: it goes on by itself. */
document.getElementById('open').submit();
