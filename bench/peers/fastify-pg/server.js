// The same GET /api/v1/plans on fastify and pg, in their best form: parameters checked and the answer serialized by compiled schemas, one
// pool, one prepared statement, no log. Listens on PORT with PROCESSES processes, which have POOL connections to the database together;
// PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE name it.
import cluster from 'node:cluster';
import Fastify from 'fastify';
import pg from 'pg';

const processes = Number(process.env.PROCESSES ?? 1);
const pool = new pg.Pool({ max: Math.ceil(Number(process.env.POOL ?? 16) / processes) });
const app = Fastify({ logger: false });

const text = { type: 'string' };
const orNull = { type: 'string', nullable: true };
const plan = {
  type: 'object',
  properties: {
    id: text, name: text, code: text, description: orNull, max_usage: { type: 'integer' }, trial_days: { type: 'integer' },
    interval: orNull, created_at: text, updated_at: text,
  },
};
const schema = {
  querystring: {
    type: 'object',
    properties: {
      ids: { type: 'string', pattern: '^[0-9a-fA-F-]{36}(,[0-9a-fA-F-]{36})*$' },
      codes: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}(,[A-Za-z0-9._-]{1,64})*$' },
    },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        error_code: { type: 'integer' },
        message: text,
        data: { type: 'object', properties: { plans: { type: 'array', items: plan } } },
      },
    },
  },
};

const LIST = `
  SELECT id, name, code, description, max_usage, trial_days, "interval", created_at, updated_at
  FROM plans
  WHERE deleted_at IS NULL
    AND ($1::uuid[] IS NULL OR id = ANY ($1))
    AND ($2::text[] IS NULL OR lower(code) = ANY ($2))
  ORDER BY created_at, id
  LIMIT 1000`;

const shown = (row) => ({
  id: row.id,
  name: row.name,
  code: row.code,
  description: row.description,
  max_usage: row.max_usage,
  trial_days: row.trial_days,
  interval: row.interval,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

app.get('/api/v1/plans', { schema }, async (request) => {
  const { ids, codes } = request.query;
  const { rows } = await pool.query({
    name: 'list-plans',
    text: LIST,
    values: [ids?.split(',') ?? null, codes?.toLowerCase().split(',') ?? null],
  });
  return { error_code: 0, message: 'Success', data: { plans: rows.map(shown) } };
});

if (cluster.isPrimary && processes > 1) {
  for (let i = 0; i < processes; i++) {
    cluster.fork();
  }
} else {
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
}
