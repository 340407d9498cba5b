#!/bin/sh
# Makes the secrets (once) and starts the cluster of compose.yaml.
set -eu
cd "$(dirname "$0")"

if [ ! -e .env ]; then
  umask 077
  {
    echo "PALIMPSEST_MASTER_KEY=$(openssl rand -base64 32)"
    for name in PALIMPSEST_OPERATOR_KEY POSTGRES_PASSWORD POSTGRES_LOGIN_PASSWORD POSTGRES_OWNER_PASSWORD; do
      echo "$name=$(openssl rand -hex 24)"
    done
  } > .env.new
  mv .env.new .env
  echo "The secrets are in deploy/.env. Without the master key nothing can be read any more: keep a copy."
fi

docker compose up --build --detach --wait "$@"
echo "Palimpsest answers at http://localhost:7410"
