import { Client } from 'pg';

// Asked of the kit by `require`, with nothing to install: a database of this test's own
const { freshDatabase } = require('pgben-testkit');

it('tem um banco só seu', async () => {
  const lent = await freshDatabase();
  const client = new Client({ connectionString: lent.url });
  await client.connect();
  await client.query("INSERT INTO cidadao (nome, cpf) VALUES ('Maria Teste', '52998224725')");
  const { rows } = await client.query('SELECT current_database() AS nome, count(*) FROM cidadao GROUP BY 1');
  expect(rows).toEqual([{ nome: lent.env.DB_NAME, count: '1' }]);
  expect(lent.env.DB_NAME).not.toBe(process.env.DB_NAME);
  await client.end();
  await lent.giveBack();
});
