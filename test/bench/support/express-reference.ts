// The reference for creating a session: an Express route that parses the same body and makes one durable write.
// A program of its own: `node express-reference.ts DB_FILE`; prints its port.
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import express from 'express';

const db = new DatabaseSync(process.argv[2] ?? 'reference.db');
db.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, json TEXT)',
);
const insert = db.prepare('INSERT INTO rows VALUES (?, ?)');
const app = express();
app.post('/v1/code-interpreter', express.json(), (req, res) => {
  const id = randomUUID();
  insert.run(id, JSON.stringify(req.body));
  res.json({ sessionId: id });
});
const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
