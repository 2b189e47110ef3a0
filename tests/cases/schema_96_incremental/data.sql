CREATE TABLE events AS SELECT * FROM (VALUES
  ('a@acme.example', 'u1', TIMESTAMP '2026-01-01'), ('a@acme.example', 'u2', TIMESTAMP '2026-01-02'),
  ('a@acme.example', 'u3', TIMESTAMP '2026-01-03'), ('a@acme.example', 'u4', TIMESTAMP '2026-01-04'),
  ('b@bolt.example', 'u5', TIMESTAMP '2026-01-05'), ('c@example.com', 'u6', TIMESTAMP '2026-01-06'),
  ('d@acme.example', 'u7', TIMESTAMP '2026-01-07'), ('x@acme.example', 'u8', TIMESTAMP '2026-01-08')
) t(email, user_id, "at");
CREATE TABLE contracts AS SELECT * FROM (VALUES
  ('acc1', 'acme.example'), ('acc1', 'acme.test'), ('acc2', 'bolt.example')
) t(account_id, domain);
CREATE TABLE my_rules AS SELECT * FROM (VALUES
  ('user', 'x@acme.example', 'email', 'exclude', NULL, NULL, 'a shared mailbox'),
  ('user', 'b@bolt.example', 'email', 'include', 'u1', 'user_id', 'known to be the same person')
) t(entity, id1, id1_type, action, id2, id2_type, reason);
