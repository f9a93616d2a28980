/** The style sheet of all pages, inline: there is nothing else to load. */
export const stylesheet = `
:root { color-scheme: light dark; --line: light-dark(#dfe3e8, #333a44); --quiet: light-dark(#5b6672, #9aa6b2); --card: light-dark(#fff, #1b2027); }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; background: light-dark(#f4f6f8, #12161b); color: light-dark(#1c232b, #e4e9ee); }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
nav { display: flex; gap: .25rem; max-width: 60rem; margin: 0 auto; padding: .75rem 1.25rem 0; }
nav a { padding: .25rem .75rem; border-radius: .4rem; text-decoration: none; }
nav a[aria-current] { background: light-dark(#e0e6ed, #262d36); color: inherit; font-weight: 600; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
p { margin: .25rem 0; }
a { color: light-dark(#0b57a4, #7db7f0); }
code { font-size: .9em; overflow-wrap: anywhere; }
ul.cards { list-style: none; padding: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
ul.cards > li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.25rem; }
.head { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.head h2, .head h3 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.state { border-radius: 1rem; padding: 0 .65rem; font-size: .85rem; font-weight: 600; background: light-dark(#e7ecf2, #2b333d); }
.state.pending, .state.uploading { background: light-dark(#dbe8f8, #1c3552); }
.state.completed, .state.decided { background: light-dark(#d8f0df, #1d4029); }
.state.unconfirmed, .state.open { background: light-dark(#fcefc7, #4a3a10); }
.state.error, .state.blocked, .state.rejected, .state.failed { background: light-dark(#fbdfdc, #53211d); }
.problem { overflow-wrap: anywhere; border-left: 3px solid light-dark(#c8382b, #e0705f); padding-left: .75rem; }
.problem ul { margin: .25rem 0; padding-left: 1.25rem; }
.hold, .next { border: 1px solid var(--line); border-radius: .6rem; padding: .75rem 1.25rem; margin: 1rem 0; background: var(--card); }
.hold { border-color: light-dark(#c8382b, #e0705f); background: light-dark(#fdf0ee, #33191a); }
.hold h2, .next h2 { margin: 0 0 .25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; background: var(--card); font-size: .9rem; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; font-weight: normal; overflow-wrap: break-word; }
td code { white-space: nowrap; }
.wide { overflow-x: auto; margin: .75rem 0; }
thead th { color: var(--quiet); font-size: .85rem; }
td time { white-space: nowrap; }
tr.doubt { background: light-dark(#fdf6e3, #33290f); }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } .wide table { min-width: 40rem; } }
ol.timeline { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .75rem 0 0; font-size: .85rem; color: var(--quiet); }
ol.timeline time { font-variant-numeric: tabular-nums; }
`;
