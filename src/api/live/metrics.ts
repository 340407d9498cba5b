import { Counter, Gauge, type Registry } from 'prom-client';

export type LiveMetrics = ReturnType<typeof liveMetrics>;

/** No label grows with tenants, documents or members. */
export function liveMetrics(
  registry: Registry,
  count: () => { readonly rooms: number; readonly sessions: number },
) {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `palimpsest_live_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('documents', 'Documents that somebody has open here.', () => count().rooms);
  gauge('connections', 'Connections to documents.', () => count().sessions);
  const closed = new Counter({
    name: 'palimpsest_live_closed_total',
    help: 'Connections that the server ended, by their close code.',
    labelNames: ['code'],
    registers: [registry],
  });
  const commands = new Counter({
    name: 'palimpsest_live_commands_total',
    help: 'What live clients asked for, by kind and how it ended.',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  });
  const quarantined = new Counter({
    name: 'palimpsest_live_quarantined_total',
    help: 'Changes that no sound client makes, by the reason they were set aside for.',
    labelNames: ['reason'],
    registers: [registry],
  });
  return { closed, commands, quarantined };
}
