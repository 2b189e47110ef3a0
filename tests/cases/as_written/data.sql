CREATE TABLE loans (mail VARCHAR, card VARCHAR, title VARCHAR, lent_at TIMESTAMP);
INSERT INTO loans VALUES
    ('Ann@example.org', 'k1', 'Walden', '2026-03-01 10:00:00'),
    ('ann@example.org', 'k1', 'Emma', '2026-03-04 12:00:00'),
    ('none@example.org', 'k1', NULL, '2026-02-01 00:00:00'),
    ('bo@example.org', 'k2', 'Ulysses', '2026-11-10 23:00:00');
CREATE TABLE fines (card VARCHAR, fined_at TIMESTAMP);
INSERT INTO fines VALUES ('k1', '2026-04-01'), ('k1', '2026-05-01');
