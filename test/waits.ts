/** A wait that is left when its test ends would go on for ever, and nobody would learn what it was for. */
import { afterAll, afterEach } from '@jest/globals';
import { giveUpWaits } from './until.js';

function tell(): void {
  const [first, ...others] = giveUpWaits();
  if (first && others.length > 0)
    throw new AggregateError([first, ...others], [first, ...others].map(({ message }) => message).join('\n'));
  if (first) throw first;
}

afterEach(tell);
afterAll(tell);
