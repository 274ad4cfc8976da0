//! The settings themselves: one documented field each. `--help`, the environment names and `env.sample` follow from
//! here; a test holds `env.sample` against it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{ArgAction, Args, ValueEnum};
use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::choices::{PluginPrefix, PluginSetting};
use super::limits::LimitSettings;
use super::oauth::OAuthSettings;
use super::parse::{self, Seconds};
use super::web::{Authority, Origin};
use crate::plugin::PluginName;

/// Everything that an operator can set.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Which Nextcloud, and as whom.
    #[command(flatten)]
    pub nextcloud: NextcloudSettings,
    /// How users sign in.
    #[command(flatten)]
    pub oauth: OAuthSettings,
    /// Who may reach this server, and how.
    #[command(flatten)]
    pub server: ServerSettings,
    /// Which tools it offers.
    #[command(flatten)]
    pub plugins: PluginSettings,
    /// What it says.
    #[command(flatten)]
    pub log: LogSettings,
    /// What calls may cost.
    #[command(flatten)]
    pub limits: LimitSettings,
}

/// Which Nextcloud, and as whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Nextcloud")]
pub struct NextcloudSettings {
    /// Address of the Nextcloud, such as `https://cloud.example.com` or `https://example.com/nextcloud`. Required.
    #[arg(long, env = "NEXTCLOUD_HOST", value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub nextcloud_host: Option<String>,

    /// Basic mode: the Nextcloud user as whom every call is made.
    #[arg(long, env = "NEXTCLOUD_USERNAME", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub nextcloud_username: Option<String>,

    /// Basic mode: an app password of that user (Nextcloud: Settings > Security). The login password works too, but
    /// Nextcloud needs about a second to check it, each time.
    #[arg(long, env = "NEXTCLOUD_PASSWORD", hide = true)]
    pub nextcloud_password: Option<SecretString>,

    /// Force OAuth mode (`--oauth`). Unset: OAuth if neither username nor password is set, else Basic.
    #[arg(long, env = "NEXTCLOUD_MCP_OAUTH", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub oauth: Option<bool>,

    /// Force Basic mode; the same as `--oauth=false`.
    #[arg(long, conflicts_with = "oauth")]
    pub no_oauth: bool,

    /// Where people reach the Nextcloud, for links in answers, if that is another address than this server uses.
    #[arg(long, env = "NEXTCLOUD_PUBLIC_URL", value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub public_url: Option<String>,

    /// PEM file of the certificate authorities to trust, instead of the system's: for a Nextcloud whose certificate
    /// they did not issue.
    #[arg(long, env = "NEXTCLOUD_CA_BUNDLE", value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,

    /// Allow plain http to a Nextcloud that is not on this machine. Passwords and content then travel readable for
    /// everybody on the way.
    #[arg(long, env = "NEXTCLOUD_MCP_ALLOW_PLAIN_HTTP", value_parser = BoolishValueParser::new())]
    pub allow_plain_http: bool,

    /// Proxy on the way to Nextcloud, such as `http://proxy.example.com:3128`. May hold a password. `HTTPS_PROXY` and its
    /// like are not read: who can set them could read along.
    #[arg(long, env = "NEXTCLOUD_MCP_PROXY", hide = true)]
    pub proxy: Option<SecretString>,

    /// `doctor` in OAuth mode: an access token, of Nextcloud's or of this server's, with which it tries what tools need.
    #[arg(long, env = "NEXTCLOUD_MCP_DOCTOR_TOKEN", hide = true)]
    pub doctor_token: Option<SecretString>,

    /// Keep Nextcloud's cacheable answers in memory, each for its own user only, and ask whether they changed.
    #[arg(long, env = "NEXTCLOUD_MCP_HTTP_CACHE", value_name = "BOOL", action = ArgAction::Set, default_value_t = true,
        value_parser = BoolishValueParser::new())]
    pub http_cache: bool,
}

/// Who may reach this server, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerSettings {
    /// How MCP clients speak to this server: over HTTP at `/mcp`, or over standard input and output (Basic mode only).
    #[arg(long, env = "NEXTCLOUD_MCP_TRANSPORT", value_enum, default_value_t = Transport::StreamableHttp)]
    pub transport: Transport,

    /// Name or address to listen on. Basic mode listens elsewhere than on loopback only with
    /// `NEXTCLOUD_MCP_STATIC_TOKEN`; OAuth mode may listen anywhere.
    #[arg(long = "host", env = "NEXTCLOUD_MCP_HOST", value_name = "HOST", default_value = "127.0.0.1",
        value_parser = parse::listen_host)]
    pub listen_host: String,

    /// Port to listen on; 0 lets the system choose.
    #[arg(long = "port", env = "NEXTCLOUD_MCP_PORT", value_name = "PORT", default_value_t = 8000, value_parser = parse::port)]
    pub listen_port: u16,

    /// Basic mode over HTTP: the bearer token that clients must send. At least 16 characters; `openssl rand -hex 32`
    /// makes a good one.
    #[arg(long, env = "NEXTCLOUD_MCP_STATIC_TOKEN", hide = true)]
    pub static_token: Option<SecretString>,

    /// Where people and clients reach this server. In OAuth mode it is the name that sign-ins are made for, and must be
    /// set wherever others sign in, with https. Unset: `http://localhost` and the port.
    #[arg(long, env = "NEXTCLOUD_MCP_SERVER_URL", value_name = "URL", value_parser = parse::web_address)]
    pub server_url: Option<Url>,

    /// More `Host` values to answer to, as name or name:port. Loopback names, the host to listen on and the server's
    /// URL are always among them. Keeps web pages from reaching a local server by DNS rebinding.
    #[arg(
        long = "allowed-host",
        env = "NEXTCLOUD_MCP_ALLOWED_HOSTS",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub allowed_hosts: Vec<Authority>,

    /// Web pages that may call this server from a browser, such as `https://inspector.example.com`. Clients outside a
    /// browser send no `Origin` and need no entry.
    #[arg(
        long = "allowed-origin",
        env = "NEXTCLOUD_MCP_ALLOWED_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub allowed_origins: Vec<Origin>,

    /// Proxies in front of this server whose `X-Forwarded-For` is believed, as addresses or networks. List the one on
    /// this machine, too: whoever comes through a proxy that is not listed has the proxy's address, and so everybody
    /// behind it shares one address's limits.
    #[arg(
        long = "trusted-proxy",
        env = "NEXTCLOUD_MCP_TRUSTED_PROXIES",
        value_name = "NETWORK",
        value_delimiter = ',',
        value_parser = parse::network
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// Requests a minute to /oauth/* from one address (IPv6: from one /64); more get 429 and a time to come back. All
    /// may come at once. Raise it for hosted assistants with many users: they all come from a few addresses.
    #[arg(long, env = "NEXTCLOUD_MCP_OAUTH_RATE", value_name = "N", default_value_t = 60, value_parser = parse::positive::<u32>)]
    pub oauth_rate: u32,

    /// Requests a minute to /mcp from one address and from one client; more get 429. An address may send a fortieth of it
    /// with a credential that is refused, before nothing more is tried. Raise it where many people share an address.
    #[arg(long, env = "NEXTCLOUD_MCP_RATE", value_name = "N", default_value_t = 1200, value_parser = parse::positive::<u32>)]
    pub mcp_rate: u32,

    /// Largest request, in MiB. A tool's arguments are in it.
    #[arg(long, env = "NEXTCLOUD_MCP_REQUEST_MIB", value_name = "MIB", default_value_t = 4, value_parser = parse::positive::<u16>)]
    pub request_mib: u16,

    /// Requests that are answered at the same time; more get 503 and a time to come back. Calls of tools have narrower
    /// limits of their own.
    #[arg(long, env = "NEXTCLOUD_MCP_REQUESTS", value_name = "N", default_value_t = 512, value_parser = parse::positive::<u32>)]
    pub requests: u32,

    /// Connections that are open at the same time; more wait. One address (but no trusted proxy, nor this machine) may
    /// have a quarter of them, or 64 if that is more.
    #[arg(long, env = "NEXTCLOUD_MCP_CONNECTIONS", value_name = "N", default_value_t = 1024, value_parser = parse::positive::<u32>)]
    pub connections: u32,

    /// Address and port for Prometheus' `/metrics`, such as `127.0.0.1:9090`. Unset: there are none. Whoever reaches it can
    /// read figures about plugins and load, and nothing about users.
    #[arg(
        long,
        env = "NEXTCLOUD_MCP_METRICS_LISTEN",
        value_name = "ADDRESS:PORT"
    )]
    pub metrics_listen: Option<SocketAddr>,

    /// How long calls in flight may take to end after SIGTERM or Ctrl-C, in seconds. Longer than a call may last.
    #[arg(long, env = "NEXTCLOUD_MCP_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = Seconds::new(35))]
    pub drain: Seconds,
}

/// Which tools the server offers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Plugins")]
pub struct PluginSettings {
    /// Folder of more plugins than the bundled ones: in it one folder each, with `plugin.toml` and the component. One with
    /// a bundled plugin's name takes its place.
    #[arg(
        long,
        env = "NEXTCLOUD_MCP_PLUGIN_DIR",
        value_name = "DIR",
        global = true
    )]
    pub plugin_dir: Option<PathBuf>,

    /// Folders of single plugins that are loaded besides, each in place of one of the same name: for `plugins dev`.
    #[arg(skip)]
    pub beside: Vec<PathBuf>,

    /// Load only these plugins (repeat it, or separate with commas). Unset: all.
    #[arg(
        long = "enable-plugin",
        env = "NEXTCLOUD_MCP_ENABLE_PLUGIN",
        value_name = "NAME",
        value_delimiter = ',',
        global = true
    )]
    pub enable: Vec<PluginName>,

    /// Do not load these plugins.
    #[arg(
        long = "disable-plugin",
        env = "NEXTCLOUD_MCP_DISABLE_PLUGIN",
        value_name = "NAME",
        value_delimiter = ',',
        global = true
    )]
    pub disable: Vec<PluginName>,

    /// What a plugin's tools are called instead of `nc_<plugin>_...`, as NAME=PREFIX; the prefix may be empty.
    #[arg(
        long = "plugin-prefix",
        env = "NEXTCLOUD_MCP_PLUGIN_PREFIX",
        value_name = "NAME=PREFIX",
        value_delimiter = ',',
        global = true
    )]
    pub prefixes: Vec<PluginPrefix>,

    /// A setting of a plugin, as NAME.KEY=VALUE (repeat it, or separate with semicolons). `plugins inspect NAME` shows
    /// which there are. Never a secret: plugins see it.
    #[arg(
        long = "plugin-setting",
        env = "NEXTCLOUD_MCP_PLUGIN_SETTINGS",
        value_name = "NAME.KEY=VALUE",
        value_delimiter = ';',
        global = true
    )]
    pub settings: Vec<PluginSetting>,

    /// The lock file, which `plugins install` writes: what is loaded, and exactly what was approved. Unset: `plugins.lock` in
    /// the folder of plugins, if there is one. Keep it where whoever may change that folder cannot.
    #[arg(
        long,
        env = "NEXTCLOUD_MCP_PLUGIN_LOCK",
        value_name = "FILE",
        global = true
    )]
    pub plugin_lock: Option<PathBuf>,

    /// Load nothing that is not in the lock file, even if there is none. Always so where `NEXTCLOUD_MCP_PLUGIN_LOCK` is set.
    #[arg(long, env = "NEXTCLOUD_MCP_REQUIRE_LOCK", value_parser = BoolishValueParser::new(), global = true)]
    pub require_lock: bool,

    /// The operator's policy: rules that take away what plugins may do. docs/operating-plugins.md describes it; `plugins
    /// inspect NAME` shows what is left.
    #[arg(
        long,
        env = "NEXTCLOUD_MCP_POLICY_FILE",
        value_name = "FILE",
        global = true
    )]
    pub policy_file: Option<PathBuf>,

    /// Offer only tools that change nothing.
    #[arg(long, env = "NEXTCLOUD_MCP_READ_ONLY", value_parser = BoolishValueParser::new(), global = true)]
    pub read_only: bool,

    /// Ask the person before a tool deletes anything. Clients that cannot ask get a handle first, with which the same call goes
    /// through.
    #[arg(long, env = "NEXTCLOUD_MCP_CONFIRM_DELETE", value_parser = BoolishValueParser::new())]
    pub confirm_delete: bool,

    /// How changes in the plugin folder are noticed; changed plugins are then loaded and calls in flight end as they began.
    /// `auto`: the system tells, and where it cannot, the folder is looked at every 2 s. `poll`: look in any case, for network
    /// file systems, which tell nothing. `off`: only SIGHUP loads plugins again.
    #[arg(long = "plugin-watch", env = "NEXTCLOUD_MCP_PLUGIN_WATCH", value_enum, default_value_t = PluginWatch::Auto)]
    pub watch: PluginWatch,

    /// Folder for what this server keeps between starts: compiled plugins; in OAuth mode its key and its client at
    /// Nextcloud, too. Must belong to it alone. Unset: in Basic mode plugins are compiled at each start; in OAuth mode it
    /// is `$STATE_DIRECTORY`, else `$XDG_DATA_HOME/nextcloud-mcp-server`, else `~/.local/share/nextcloud-mcp-server`.
    #[arg(
        long,
        env = "NEXTCLOUD_MCP_DATA_DIR",
        value_name = "DIR",
        global = true
    )]
    pub data_dir: Option<PathBuf>,
}

/// What the server says, always on standard error: standard output belongs to MCP (stdio) or to a command's answer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Log")]
pub struct LogSettings {
    /// How much. Debug and trace are for this server's own parts; what it is built from never says more than info.
    #[arg(long, env = "NEXTCLOUD_MCP_LOG_LEVEL", value_enum, default_value_t = LogLevel::Info, ignore_case = true, global = true)]
    pub log_level: LogLevel,

    /// Lines for people, or JSON objects for machines.
    #[arg(long, env = "NEXTCLOUD_MCP_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, global = true)]
    pub log_format: LogFormat,

    /// Log a line for each call of a tool, resource or prompt: who, with what, what came of it; never contents. At every
    /// log level.
    #[arg(long, env = "NEXTCLOUD_MCP_AUDIT", value_name = "BOOL", action = ArgAction::Set, default_value_t = true,
        value_parser = BoolishValueParser::new(), global = true)]
    pub audit: bool,
}

/// How MCP clients speak to this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// HTTP at `/mcp`.
    #[value(name = "streamable-http", alias = "http")]
    StreamableHttp,
    /// Standard input and output of this process.
    Stdio,
}

/// How changes in the plugin folder are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PluginWatch {
    /// By the system, or by looking where that does not work.
    Auto,
    /// By looking.
    Poll,
    /// Not at all.
    Off,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What stops this server or a plugin.
    Error,
    /// What an operator should look at.
    Warn,
    /// What happens at start and end.
    Info,
    /// Decisions on the way.
    Debug,
    /// Everything.
    Trace,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
