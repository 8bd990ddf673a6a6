// Owns: the statement that gives a lease, for those who only give one (leases.ts) and those who store a session with it (writes.ts).
// S7: a promise once given is not shortened within its generation; a new generation starts anew.

export const grantLease = `
  INSERT INTO leases (session_id, holder, generation, until) VALUES (:id, :holder, :generation, :until)
  ON CONFLICT (session_id, holder) DO UPDATE SET
    until = iif(generation = excluded.generation, max(until, excluded.until), excluded.until),
    generation = excluded.generation`;
