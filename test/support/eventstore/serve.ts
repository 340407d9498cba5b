import { startDouble } from './server.ts';

// The double as a process of its own, for tests of several processes and of the other client:
// generated messages of both clients share one global namespace, and the last to load takes it.
const double = await startDouble({ port: Number(process.argv[2] ?? 0) });
console.log(`The double runs at ${double.url}`);
