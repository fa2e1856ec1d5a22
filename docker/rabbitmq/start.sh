#!/bin/sh
# Starts the broker with our definitions and one user, whose password is a secret and so not in definitions.json.
set -eu
password=$(cat "${AMQP_PASSWORD_FILE:-/run/secrets/amqp_password}")
case $password in
    *[!A-Za-z0-9_-]*|"") echo "amqp_password: letters, digits, - and _ alone (docker/make-secrets makes one)" >&2; exit 1 ;;
esac
target=${DEFINITIONS:-/tmp/kanal-definitions.json}
umask 077
{
    printf '{"users":[{"name":"kanal","password":"%s","tags":""}],' "$password"
    printf '"permissions":[{"user":"kanal","vhost":"kanal-aduan","configure":".*","write":".*","read":".*"}],'
    sed '1s/^{//' "${SOURCE:-/etc/kanal/definitions.json}"
} >"$target"
[ "$(id -u)" != 0 ] || chown rabbitmq "$target"
exec "${ENTRYPOINT:-docker-entrypoint.sh}" rabbitmq-server
