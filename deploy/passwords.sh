#!/bin/sh
# Gives the two logins of roles.sql their passwords, at the first start of the database.
set -eu
psql --username "$POSTGRES_USER" --set ON_ERROR_STOP=1 \
  --set login="$POSTGRES_LOGIN_PASSWORD" --set owner="$POSTGRES_OWNER_PASSWORD" <<'SQL'
alter role palimpsest password :'login';
alter role palimpsest_owner password :'owner';
SQL
