import { itKeepsTheContract } from './contract.js';
import { dispatcherKinds } from './site.js';

for (const kind of dispatcherKinds) itKeepsTheContract(kind);
