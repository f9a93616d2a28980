/** `npm start`: builds what is not up to date, then runs the demo in this process, so that signals reach it. */
import { buildIfStale } from '../../scripts/build.mjs';

await buildIfStale({ log: (line) => process.stderr.write(`${line}\n`) });
await import(new URL('dist/main.js', import.meta.url).href);
