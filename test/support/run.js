#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { needNode24 } from '#bin/node-24.js';

await needNode24(fileURLToPath(import.meta.url));
await import('./run.ts');
