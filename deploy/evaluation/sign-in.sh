#!/bin/sh
# Runs as Nextcloud's user at the end of its installation: the apps that the tools work with, and sign-in for this server.
# docs/production.md explains each line.
set -eu
cd /var/www/html

for app in notes calendar tasks oidc user_oidc; do
    php occ app:install "$app"
done
php occ config:system:set user_oidc oidc_provider_bearer_validation --value=true --type=boolean
php occ config:app:set oidc allow_user_settings --value enabled
php occ config:app:set oidc client_expire_time --value 31536000
# The last: compose.evaluation.yaml waits for it.
php occ config:app:set oidc dynamic_client_registration --value true
