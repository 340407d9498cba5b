import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublic, outboundAddresses } from '#infra/outbound/outbound-addresses.ts';

test('an address of the internet is public, one of our own network is not, however it is written', () => {
  for (const address of ['93.184.216.34', '1.1.1.1', '2606:4700:4700::1111', '2a00:1450::1']) {
    assert.ok(isPublic(address), address);
  }
  const ours = ['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254'];
  ours.push('172.16.0.1', '172.31.255.255', '192.168.1.1', '192.0.2.1', '198.18.0.1', '224.0.0.1');
  ours.push('255.255.255.255', '::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::10.0.0.1');
  ours.push('fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '64:ff9b::a00:1', '2002:7f00:1::');
  ours.push('2001:0:1::1', '2001:db8::1', 'fec0::1', 'not an address', '');
  for (const address of ours) assert.ok(!isPublic(address), address);
});

test('a tenant may name https at a public place; http and what is private only as the operator lists it', () => {
  const { allows } = outboundAddresses(['https://sso.internal', 'http://127.0.0.1:9000']);
  const url = (text: string) => allows(new URL(text));
  for (const text of ['https://id.example.com/a', 'https://1.1.1.1', 'https://sso.internal/x']) {
    assert.ok(url(text), text);
  }
  assert.ok(url('http://127.0.0.1:9000/x'));
  const refused = ['http://id.example.com', 'https://10.0.0.1', 'https://[::1]/', 'https://0x7f.1'];
  refused.push('https://2130706433', 'http://127.0.0.1:9001', 'https://127.0.0.1:9000');
  refused.push('file:///etc/passwd', 'ftp://id.example.com', 'https://user:pw@id.example.com');
  refused.push('http://user@127.0.0.1:9000', 'https://[::ffff:1.1.1.1]');
  for (const text of refused) assert.ok(!url(text), text);
});

test('a name is looked up where it is connected to, and one that leads home is refused', async () => {
  const look = (listed: readonly string[], all: boolean) =>
    new Promise<unknown>((resolve) => {
      const url = new URL('https://localhost:8443');
      outboundAddresses(listed).lookupFor(url)('localhost', { all }, (error, address) =>
        resolve(error?.code ?? address),
      );
    });
  assert.equal(await look([], true), 'ENOTPUBLIC');
  assert.equal(await look([], false), 'ENOTPUBLIC');
  const listed = (await look(['https://localhost:8443'], true)) as { address: string }[];
  assert.ok(listed.some(({ address }) => address === '127.0.0.1' || address === '::1'));
  assert.match(String(await look(['https://localhost:8443'], false)), /^(127\.0\.0\.1|::1)$/);
});
