-- A Postgres of one's own (15 or later): run once as a superuser, e.g. `psql -f deploy/roles.sql`,
-- then give both logins a password (`\password palimpsest_owner`, `\password palimpsest`) and set
--   DATABASE_URL        postgres://palimpsest:…@HOST/palimpsest
--   DATABASE_OWNER_URL  postgres://palimpsest_owner:…@HOST/palimpsest
-- Every start of a server checks that these roles may do what they must, and no more.

-- Taken by the server for each transaction: one tenant's rows, or (projectors) every tenant's.
create role palimpsest_app nologin;
create role palimpsest_projector nologin;

-- The server logs in as this one. Without its roles' rights until it takes one (noinherit), so a
-- query that forgot to is refused.
create role palimpsest login noinherit;
grant palimpsest_app, palimpsest_projector to palimpsest;

-- Migrations and rebuilds. It makes functions of the log that take a role and a tenant for their
-- own time, for which it needs these rights itself.
create role palimpsest_owner login;
grant palimpsest_app, palimpsest_projector to palimpsest_owner;
grant set on parameter app.tenant_id to palimpsest_owner;

-- Text sorts and folds alike on every machine.
create database palimpsest owner palimpsest_owner encoding 'UTF8' locale 'C.UTF-8' template template0;
revoke connect, temporary on database palimpsest from public;
grant connect on database palimpsest to palimpsest;
