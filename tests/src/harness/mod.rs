//! Drives the built server against a stand-in Nextcloud.
