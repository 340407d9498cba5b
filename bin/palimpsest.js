#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { needNode24 } from './node-24.js';

await needNode24(fileURLToPath(import.meta.url));
const { main } = await import('#api/cli/main.ts');
await main(process.argv);
