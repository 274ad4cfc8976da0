//! nginx and Caddy as `deploy/` sets them up, in front of the server, with TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Events, Peer, Server, request_by, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::deploy;

/// As in both files.
const NAME: &str = "mcp.example.com";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Requests of one address a minute, of which one may bring a wrong token (`NEXTCLOUD_MCP_RATE`).
const RATE: &str = "40";
/// How long a proxy may take to listen.
const START: Duration = Duration::from_secs(30);

/// A certificate for [`NAME`] in a folder, as `fullchain.pem` and `privkey.pem`; itself, for whoever is to trust it.
fn certificate(folder: &Path) -> reqwest::Certificate {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let pem = made.cert.pem();
    std::fs::write(folder.join("fullchain.pem"), &pem).unwrap();
    std::fs::write(folder.join("privkey.pem"), made.signing_key.serialize_pem()).unwrap();
    reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()
}

/// Somebody at this address who knows the way and trusts the certificate.
fn client(certificate: &reqwest::Certificate, port: u16, at: Ipv4Addr) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .local_address(std::net::IpAddr::from(at))
        .tls_certs_only([certificate.clone()])
        .resolve(NAME, SocketAddr::from(([127, 0, 0, 1], port)))
        .build()
        .unwrap()
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A server behind a proxy that this machine's loopback device leads to.
struct Behind {
    server: Server,
    _nextcloud: StandIn,
    folder: tempfile::TempDir,
    certificate: reqwest::Certificate,
    /// A client at 127.0.0.1.
    http: reqwest::Client,
    /// Where the proxy is to listen.
    port: u16,
}

impl Behind {
    async fn new() -> Self {
        let nextcloud = StandIn::with_two_users().await;
        nextcloud.state().add_note("alice", "Of alice", "", "text");
        let port = free_port();
        let server = Server::basic(&nextcloud, "alice")
            .with("NEXTCLOUD_MCP_STATIC_TOKEN", TOKEN)
            .with("NEXTCLOUD_MCP_SERVER_URL", format!("https://{NAME}"))
            .with("NEXTCLOUD_MCP_TRUSTED_PROXIES", "127.0.0.1")
            .with("NEXTCLOUD_MCP_RATE", RATE)
            .start()
            .await;
        let folder = tempfile::tempdir().unwrap();
        let certificate = certificate(folder.path());
        let http = client(&certificate, port, Ipv4Addr::LOCALHOST);
        Self {
            server,
            _nextcloud: nextcloud,
            folder,
            certificate,
            http,
            port,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("https://{NAME}:{}{path}", self.port)
    }

    /// The address of the server, as the files in `deploy/` would name it.
    fn listens_at(&self) -> &str {
        self.server.url().trim_start_matches("http://")
    }

    async fn listening(&self, proxy: &mut Child) {
        let answers = async {
            while self.http.get(self.at("/")).send().await.is_err() {
                assert!(proxy.try_wait().unwrap().is_none(), "the proxy ended");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(START, answers)
            .await
            .expect("it listens");
    }

    async fn call(&self, size: usize) -> (u16, Value) {
        let arguments = json!({"query": "x".repeat(size)});
        let answer = self
            .http
            .post(self.at("/mcp"))
            .bearer_auth(TOKEN)
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2025-11-25")
            .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nc_notes_list_notes", "arguments": arguments}}))
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// What must hold behind either.
    async fn holds(&self) {
        let (status, answer) = self.call(0).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            self.http
                .get(self.at("/health/ready"))
                .send()
                .await
                .unwrap()
                .status(),
            404
        );
        let landing = self.http.get(self.at("/")).send().await.unwrap();
        assert!(
            landing
                .text()
                .await
                .unwrap()
                .contains(&format!("https://{NAME}/mcp"))
        );
        assert_eq!(
            self.call(5 << 20).await.0,
            413,
            "the proxy stops what the server would not take"
        );
        self.no_client_names_its_request().await;
        self.events_come_at_once().await;
        self.each_client_is_counted_by_its_own_address().await;
    }

    /// The server believes the proxy; so the proxy must not believe the client.
    async fn no_client_names_its_request(&self) {
        let asked = request_by(&self.http, &self.at("/mcp"), "tools/list", json!({}));
        let asked = asked
            .bearer_auth(TOKEN)
            .header("X-Request-Id", "of-a-stranger");
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let id = &answer.headers()["x-request-id"];
        assert_ne!(id, "of-a-stranger");
        assert!(id.len() >= 32, "the proxy's own: {id:?}");
    }

    /// While the answer goes on: who listens may hear nothing more for long.
    async fn events_come_at_once(&self) {
        let lists = json!({"notifications": {"toolsListChanged": true}});
        let asked = request_by(&self.http, &self.at("/mcp"), "subscriptions/listen", lists);
        let mut stream = Events::of(asked.bearer_auth(TOKEN).send().await.unwrap());
        let first = stream.next().await.expect("an event");
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    }

    /// Nobody is stopped for what somebody else does, nor goes free by naming another address.
    async fn each_client_is_counted_by_its_own_address(&self) {
        let [stranger, neighbour] =
            [2, 3].map(|last| client(&self.certificate, self.port, Ipv4Addr::new(127, 0, 0, last)));
        let guess = async |who: &reqwest::Client, claimed: &str| {
            let list = request_by(who, &self.at("/mcp"), "tools/list", json!({}));
            let guessed = list
                .bearer_auth("a guess")
                .header("X-Forwarded-For", claimed);
            guessed.send().await.unwrap().status()
        };
        assert_eq!(guess(&stranger, "203.0.113.1").await, 401);
        assert_eq!(guess(&stranger, "203.0.113.2").await, 429);
        assert_eq!(guess(&neighbour, "203.0.113.3").await, 401);
    }
}

fn spawn(command: &mut Command) -> Child {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.kill_on_drop(true);
    command.spawn().expect("the proxy runs")
}

#[tokio::test]
async fn nginx_takes_the_file_and_leads_to_the_server() {
    let nginx = match Peer::Nginx.find() {
        Ok(nginx) => nginx,
        Err(missing) => return skip("nginx_takes_the_file", &missing),
    };
    let behind = Behind::new().await;
    let folder = behind.folder.path().display();
    let port = behind.port;
    let site = deploy("nginx.conf")
        .replace(
            "server 127.0.0.1:8000;",
            &format!("server {};", behind.listens_at()),
        )
        .replace(
            "listen 443 ssl http2;",
            &format!("listen 127.0.0.1:{port} ssl http2;"),
        )
        .replace("    listen [::]:443 ssl http2;\n", "")
        .replace("/etc/ssl/mcp.example.com", &folder.to_string());
    let whole = format!(
        "pid {folder}/pid; error_log stderr; daemon off; master_process off;\nevents {{}}\nhttp {{ access_log off; client_body_temp_path {folder}/body; \
         proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n{site}}}"
    );
    let file = behind.folder.path().join("nginx.conf");
    std::fs::write(&file, whole).unwrap();
    let checked = Command::new(&nginx)
        .arg("-t")
        .arg("-c")
        .arg(&file)
        .output()
        .await
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    let mut proxy = spawn(Command::new(&nginx).arg("-c").arg(&file));
    behind.listening(&mut proxy).await;
    behind.holds().await;
}

#[tokio::test]
async fn caddy_takes_the_file_and_leads_to_the_server() {
    let caddy = match Peer::Caddy.find() {
        Ok(caddy) => caddy,
        Err(missing) => return skip("caddy_takes_the_file", &missing),
    };
    let behind = Behind::new().await;
    let folder = behind.folder.path();
    let (port, place) = (behind.port, folder.display());
    let site = deploy("Caddyfile")
        .replace("\nmcp.example.com {", &format!("\nhttps://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {place}/fullchain.pem {place}/privkey.pem"))
        .replace("reverse_proxy 127.0.0.1:8000", &format!("reverse_proxy {}", behind.listens_at()));
    // Nothing but this port: no administration, no redirect from port 80.
    let whole = format!("{{\n\tadmin off\n\tauto_https off\n}}\n{site}");
    let file = folder.join("Caddyfile");
    std::fs::write(&file, whole).unwrap();
    let run = |what: &str| {
        let mut command = Command::new(&caddy);
        command
            .args([what, "--adapter", "caddyfile", "--config"])
            .arg(&file);
        command
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder)
            .env("XDG_CONFIG_HOME", folder);
        command
    };
    let checked = run("validate").output().await.unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    let mut proxy = spawn(&mut run("run"));
    behind.listening(&mut proxy).await;
    behind.holds().await;
}
