/** The style sheet of all pages, inline: there is nothing else to load. */
export const stylesheet = `
:root { color-scheme: light dark; --line: light-dark(#dfe3e8, #333a44); --quiet: light-dark(#5b6672, #9aa6b2); --card: light-dark(#fff, #1b2027); }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; background: light-dark(#f4f6f8, #12161b); color: light-dark(#1c232b, #e4e9ee); }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; }
p { margin: .25rem 0; }
a { color: light-dark(#0b57a4, #7db7f0); }
code { font-size: .9em; overflow-wrap: anywhere; }
ul.invoices { list-style: none; padding: 0; display: grid; gap: 1rem; }
ul.invoices > li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.25rem; }
.head { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.head h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.state { border-radius: 1rem; padding: 0 .65rem; font-size: .85rem; font-weight: 600; background: light-dark(#e7ecf2, #2b333d); }
.state.completed { background: light-dark(#d8f0df, #1d4029); }
.state.error, .state.blocked, .state.rejected, .state.failed { background: light-dark(#fbdfdc, #53211d); }
.problem { border-left: 3px solid light-dark(#c8382b, #e0705f); padding-left: .75rem; }
ol.timeline { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .75rem 0 0; font-size: .85rem; color: var(--quiet); }
ol.timeline time { font-variant-numeric: tabular-nums; }
`;
