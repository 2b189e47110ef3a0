CREATE TABLE tracks AS SELECT * FROM (VALUES ('u1', 'a@example.com'), ('u2', 'a@example.com'), ('u3', NULL)) t(user_id, email);
