//! OAuth mode's settings: Nextcloud's provider, our tokens, and who may have one.

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{ArgAction, Args, ValueEnum};
use secrecy::SecretString;

use super::parse::Seconds;
use super::web::Origin;

/// OAuth mode.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "OAuth")]
pub struct OAuthSettings {
    /// A client that Nextcloud's administrator made for this server (`occ oidc:create`). Unset: this server registers
    /// itself.
    #[arg(long, env = "NEXTCLOUD_OIDC_CLIENT_ID", value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub oidc_client_id: Option<String>,

    /// The secret of that client.
    #[arg(long, env = "NEXTCLOUD_OIDC_CLIENT_SECRET", hide = true)]
    pub oidc_client_secret: Option<SecretString>,

    /// The provider's `issuer`, if it is neither `NEXTCLOUD_HOST` nor `NEXTCLOUD_PUBLIC_URL`. Compared to the letter.
    #[arg(long, env = "NEXTCLOUD_OIDC_ISSUER", value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub oidc_issuer: Option<String>,

    /// More origins at which the provider's endpoints may be, besides `NEXTCLOUD_HOST`'s and `NEXTCLOUD_PUBLIC_URL`'s.
    #[arg(
        long = "oidc-endpoint-origin",
        env = "NEXTCLOUD_OIDC_ENDPOINT_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub oidc_endpoint_origins: Vec<Origin>,

    /// 256-bit keys that seal what this server gives out, newest first (`openssl rand -hex 32` makes one). Replicas need
    /// the same. Unset: one is made and kept in the data folder.
    #[arg(long, env = "NEXTCLOUD_MCP_SECRET_KEY", hide = true)]
    pub secret_key: Option<SecretString>,

    /// Which authorization server clients are sent to: this server, or Nextcloud itself.
    #[arg(long, env = "NEXTCLOUD_MCP_AUTHORIZATION_SERVER", value_enum, default_value_t = AuthorizationServer::Broker)]
    pub authorization_server: AuthorizationServer,

    /// For whom a token that Nextcloud issued to another client must be meant: this server, or anybody (`any`, which lets
    /// every application that holds a user's token act here).
    #[arg(long, env = "NEXTCLOUD_MCP_TOKEN_AUDIENCE", value_enum, default_value_t = TokenAudience::Resource)]
    pub token_audience: TokenAudience,

    /// What a token that Nextcloud issued may do here when it names no scope of this server's, such as notes.read.
    #[arg(
        long,
        env = "NEXTCLOUD_MCP_DEFAULT_SCOPES",
        value_name = "SCOPE",
        value_delimiter = ','
    )]
    pub default_scopes: Vec<String>,

    /// How long Nextcloud's word that a token is valid is believed, in seconds: as long may a revoked one still answer.
    #[arg(long, env = "NEXTCLOUD_MCP_TOKEN_CACHE_SECONDS", value_name = "SECONDS", default_value_t = Seconds::new(60))]
    pub token_cache: Seconds,

    /// Whether the consent page lets people stay signed in for 90 days, with an app password in their Nextcloud.
    #[arg(long, env = "NEXTCLOUD_MCP_STAY_SIGNED_IN", value_enum, default_value_t = StaySignedIn::Offer)]
    pub stay_signed_in: StaySignedIn,

    /// Accept `Authorization: Basic` with a user name and an app password of Nextcloud's on /mcp, for clients without
    /// OAuth.
    #[arg(long, env = "NEXTCLOUD_MCP_ACCEPT_APP_PASSWORDS", value_parser = BoolishValueParser::new())]
    pub accept_app_passwords: bool,

    /// Accept clients that name themselves by the address of a metadata document, which this server then fetches.
    #[arg(long, env = "NEXTCLOUD_MCP_CLIENT_DOCUMENTS", value_name = "BOOL", action = ArgAction::Set, default_value_t = true,
        value_parser = BoolishValueParser::new())]
    pub client_documents: bool,
}

/// Who gives out the tokens that clients use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthorizationServer {
    /// This server, on behalf of users who sign in at their Nextcloud.
    Broker,
    /// Nextcloud itself.
    Nextcloud,
}

#[cfg(test)]
impl OAuthSettings {
    /// As an operator sets them by `flags`.
    pub(crate) fn of_flags(flags: &[&str]) -> Self {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            oauth: OAuthSettings,
        }
        let line: Line = clap::Parser::parse_from(["server"].iter().chain(flags));
        line.oauth
    }
}

/// For whom Nextcloud's own tokens must be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenAudience {
    /// For this server.
    Resource,
    /// For anybody.
    Any,
}

/// What the consent page says about staying signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StaySignedIn {
    /// Nothing.
    Off,
    /// A box to tick.
    Offer,
    /// A ticked box.
    Preselect,
}
