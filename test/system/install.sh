#!/bin/sh
# Brings what the system tests need and npm does not have.
set -eu
if [ "$(id -u)" != 0 ]; then exec sudo sh "$0" "$@"; fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends chromium strace gcc libc6-dev \
  nagios4-core nagios4-cgi monitoring-plugins-basic icinga2-bin prometheus-alertmanager \
  postgresql zabbix-server-pgsql zabbix-frontend-php php-cli php-pgsql zabbix-agent
