import { describe } from '@jest/globals';
import { survives } from './crash.js';

describe('the demo, killed on SQLite', () => survives(() => null));
