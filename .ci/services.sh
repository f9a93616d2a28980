# Installs and starts the servers that the tests can use, each only if it is absent. Needs Debian and root for what is missing. Sourced by .ci/run.

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_for <name> <port>: gives a server that was just started half a minute.
wait_for() {
  for _ in $(seq 60); do
    if answers "$2"; then return 0; fi
    sleep 0.5
  done
  echo "$1 does not answer on port $2" >&2
  return 1
}

install_packages() {
  if [ -z "${packages_listed:-}" ]; then
    apt-get update -qq
    packages_listed=1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Tests log in over TCP as postgres, the acceptance run as whoever runs it; both without a password.
start_postgres() {
  if answers 5432; then return; fi
  if ! command -v pg_ctlcluster >/dev/null; then
    install_packages postgresql
    sed -i -E 's/^(host\s+all\s+all\s+127\.0\.0\.1\/32\s+)\S+$/\1trust/' /etc/postgresql/*/main/pg_hba.conf
  fi
  local version
  version=$(ls /etc/postgresql | tail -n 1)
  if pg_lsclusters -h "$version" main | grep -q online; then
    pg_ctlcluster --skip-systemctl-redirect "$version" main restart
  else
    pg_ctlcluster --skip-systemctl-redirect "$version" main start
  fi
  wait_for PostgreSQL 5432
  createuser -h 127.0.0.1 -U postgres --superuser "$(id -un)" 2>/dev/null || true
}

start_mariadb() {
  if answers 3306; then return; fi
  if ! command -v mariadbd >/dev/null; then install_packages mariadb-server; fi
  install -d -o mysql -g mysql /run/mysqld
  start-stop-daemon --start --oknodo --background --exec "$(command -v mariadbd)" -- --user=mysql
  wait_for MariaDB 3306
  # A fresh server lets root in over its socket only.
  mariadb -e "alter user root@localhost identified by ''" 2>/dev/null || true
}

start_redis() {
  if answers 6379; then return; fi
  if ! command -v redis-server >/dev/null; then install_packages redis-server; fi
  if ! answers 6379; then redis-server --daemonize yes --bind 127.0.0.1 --port 6379 --save '' --appendonly no >/dev/null; fi
  wait_for Redis 6379
}

ensure_chromium() {
  if ! command -v chromium >/dev/null; then install_packages chromium; fi
}

# Tests start an instance of their own.
ensure_pgbouncer() {
  if [ ! -x /usr/sbin/pgbouncer ]; then install_packages pgbouncer; fi
}

start_services() {
  start_postgres
  start_mariadb
  start_redis
  ensure_chromium
  ensure_pgbouncer
}
