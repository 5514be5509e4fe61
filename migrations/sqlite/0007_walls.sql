-- SQLite has no row-level security: whoever can open the file can read it. The policies are PostgreSQL's.

CREATE INDEX upload_of_content ON upload (digest);
