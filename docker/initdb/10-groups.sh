#!/bin/sh
# Groups to try things with, one of which leads to rds_iam. Granting that is the superuser's:
# through the socket, inside the container.
set -eu

psql --no-psqlrc -q -v ON_ERROR_STOP=1 -U rdsadmin -d postgres -v master="$POSTGRES_USER" <<'SQL'
CREATE ROLE analysts;
GRANT analysts TO :"master" WITH ADMIN OPTION;
CREATE ROLE reports IN ROLE rds_iam;
SQL
