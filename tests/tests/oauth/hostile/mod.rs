//! What attackers do, each try failing closed beside an honest variant that works.

mod browsers;
mod challenges;
mod codes;
mod documents;
mod id_tokens;
mod keys;
mod provider;
mod redirects;
mod tokens;
mod users;
