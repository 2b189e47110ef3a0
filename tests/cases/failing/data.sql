CREATE TABLE orders AS SELECT * FROM (VALUES ('u1', 5, 'one'), ('u1', 6, '2'), ('u2', 7, '3')) t(user_id, total, note);
