CREATE TABLE sales (mail VARCHAR, customer VARCHAR, shop VARCHAR, amount INTEGER, sold_at TIMESTAMP);
INSERT INTO sales VALUES
    ('ann@example.org', 'c1', 's1', 12, '2026-03-01 10:00:00'),
    ('ann@example.org', 'c1', 's2', 3, '2026-03-04 10:00:00'),
    ('bo@example.org', 'c2', 's1', 4, '2026-03-02 10:00:00');
CREATE TABLE returns (mail VARCHAR, amount INTEGER);
CREATE TABLE visits (mail VARCHAR);
