// The shim's routes that are measured, as Fastify and mysql2 make them: the same procedures, a pool as large, one process.
'use strict';

const fastify = require('fastify')();
const mysql = require('mysql2');

const pool = mysql.createPool({
  socketPath: process.env.PEER_SOCKET,
  user: process.env.PEER_USER,
  password: process.env.PEER_PASSWORD,
  database: process.env.PEER_DATABASE,
  connectionLimit: 8,
  charset: 'UTF8MB4_UNICODE_520_CI',
  timezone: 'Z',
  dateStrings: true,
});
pool.on('connection', (connection) => {
  connection.query("SET SESSION autocommit = 1, SESSION time_zone = '+00:00'");
});

const text = { type: 'string' };
const number = { type: 'integer' };

function objectOf(properties) {
  return { type: 'object', properties };
}

const event = objectOf({
  id: number, title: text, description: text, venue: text, speaker: text, event_date: text, total_seats: number,
  seats_available: number, organizer_id: number, status: text,
});
const booked = objectOf({ msg: text, event_id: number, seats_booked: number, seats_available: number, status: text });
const cancelled = objectOf({ msg: text, seats_available: number });
const registration = objectOf({
  event_id: number, title: text, venue: text, date: text, speaker: text, seats_booked: number, registered_at: text,
  status: text,
});
const registrations = objectOf({ user: text, registered_events: { type: 'array', items: registration } });
const byId = objectOf({ id: number });
const page = objectOf({ limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } });

function answering(schema, params) {
  return { schema: { ...params, response: { 200: schema } } };
}

// The result sets of a CALL; what a procedure refuses has the status of HTTP as the last digits of its SQLSTATE.
function call(sql, values) {
  return new Promise((resolve, reject) => {
    pool.query(sql, values, (error, results) => {
      if (!error) {
        resolve(results);
        return;
      }
      if (error.sqlState && error.sqlState.startsWith('45')) error.statusCode = Number(error.sqlState.slice(2));
      reject(error);
    });
  });
}

function withOffset(time) {
  return `${time.slice(0, 10)}T${time.slice(11, 19)}+00:00`;
}

function asEvent(row) {
  row.event_date = withOffset(row.event_date);
  return row;
}

async function participant(request, reply) {
  await request.jwtVerify();
  if (request.user.role !== 'participant') {
    reply.code(403);
    throw new Error('participant_required');
  }
}

fastify.register(require('@fastify/jwt'), {
  secret: process.env.PEER_SECRET,
  verify: { algorithms: ['HS256'] },
});

fastify.register(async (routes) => {
  routes.get('/events', answering({ type: 'array', items: event }, { querystring: page }), async (request) => {
    const [rows] = await call('CALL browse_events(?, NULL, NULL, NULL, NULL, NULL, NULL, NULL)', [request.query.limit]);
    return rows.map(asEvent);
  });

  routes.get('/events/:id', answering(event, { params: byId }), async (request) => {
    const [[row]] = await call('CALL get_event(?)', [request.params.id]);
    return asEvent(row);
  });

  const asParticipant = (schema, params) => ({ ...answering(schema, params), onRequest: participant });

  routes.post('/register/:id', asParticipant(booked, { params: byId }), async (request) => {
    const [[row]] = await call('CALL register_for_event(?, ?, NULL)', [request.user.sub, request.params.id]);
    return row;
  });

  routes.delete('/register/:id', asParticipant(cancelled, { params: byId }), async (request) => {
    const [[row]] = await call('CALL unregister_from_event(?, ?)', [request.user.sub, request.params.id]);
    return row;
  });

  routes.get('/my-registrations', asParticipant(registrations, {}), async (request) => {
    const [[{ user }], rows] = await call('CALL list_my_registrations(?)', [request.user.sub]);
    for (const row of rows) {
      row.date = withOffset(row.date);
      row.registered_at = withOffset(row.registered_at);
    }
    return { user, registered_events: rows };
  });
});

fastify.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }).then(() => {
  console.log(`listening on port ${fastify.server.address().port}`);
});
