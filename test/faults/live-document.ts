import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { callerOf } from '#test/support/journey.ts';

/** A tenant with its owner's key, and a document of one line. */
export async function documentAt(url: string, operatorKey: string) {
  const operator = callerOf(url, operatorKey);
  const plan = shippedPlans[0]?.planId;
  await operator.post('/admin/v1/tenants', { tenantId: 'acme', name: 'Acme', plan });
  const issued = await operator.post('/admin/v1/tenants/acme/api-keys', { roles: ['owner'] });
  const key = String(issued.json['key']);
  const made = await callerOf(url, key).post('/v1/documents', {
    title: 'T',
    markdown: '<start>\n',
  });
  return { key, id: String(made.json['id']) };
}
