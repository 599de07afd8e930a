//! The configurations of `docs/deploy.md` for proxies, run by nginx, Caddy and HAProxy.
//!
//! `scripts/test-clients.sh proxies` installs them. A test whose proxy is missing says so and passes,
//! unless `FOOTLIGHT_REQUIRE_PROXIES` is set.

use std::{
    fs,
    io::Read as _,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use socket2::{Domain, Socket, Type};

use crate::{
    clients::{SCRIPTS, available, python},
    http::Connection,
    support::{Actor, Raw, Server, eventually, guest},
};

/// The variable that says that the proxies must be there.
const REQUIRED: &str = "FOOTLIGHT_REQUIRE_PROXIES";
/// The name by which clients call the proxy. Nobody looks it up.
const NAME: &str = "lamp.example";
/// Where the client connects from. The proxy is at 127.0.0.1, which alone is trusted.
const CLIENT: &str = "127.0.0.9";

/// A proxy that runs until it is dropped.
struct Proxy {
    child: Child,
    /// Where it listens.
    address: SocketAddr,
    /// Its configuration and its other files.
    _folder: tempfile::TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this proxy is installed.
fn installed(name: &str, version: &str) -> bool {
    let mut probe = Command::new(program(name));
    probe.arg(version);
    available(name, probe, REQUIRED)
}

/// Where a program is. Debian's are not on every user's path.
fn program(name: &str) -> String {
    let system = format!("/usr/sbin/{name}");
    if Path::new(&system).exists() { system } else { name.into() }
}

/// A block of this language in the document, with the address of a host in place of its own.
fn block(language: &str, index: usize, host: SocketAddr) -> String {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy.md");
    let document = fs::read_to_string(document).unwrap();
    let start = format!("```{language}\n");
    let block = document.split(&start).nth(index + 1).expect("the document has the block");
    let block = block.split("```").next().unwrap();
    assert!(block.contains("127.0.0.1:8080"), "{block}");
    block.replace("127.0.0.1:8080", &host.to_string())
}

/// Runs a proxy with what `configure` writes for its address and its folder.
fn run(configure: impl FnOnce(SocketAddr, &Path) -> (String, Command)) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    // The port is free again, and the proxy takes it at once.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (text, mut command) = configure(address, folder.path());
    fs::write(folder.path().join("config"), text).unwrap();
    let log = fs::File::create(folder.path().join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path());
    let mut proxy = Proxy { child: command.spawn().unwrap(), address, _folder: folder };
    eventually("the proxy listens", || {
        if let Some(status) = proxy.child.try_wait().unwrap() {
            let mut log = String::new();
            let file = fs::File::open(proxy._folder.path().join("log"));
            file.unwrap().read_to_string(&mut log).unwrap();
            panic!("it ended with {status}: {log}");
        }
        TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
    });
    proxy
}

/// nginx's block for a host at this address, changed as the document says for the prefix `/lamp/`.
fn beneath_prefix(block: &str, host: SocketAddr) -> String {
    let prefixed = block
        .replace("location / {", "location /lamp/ {")
        .replace(&format!("http://{host};"), &format!("http://{host}/;"));
    assert_ne!(block, prefixed);
    prefixed
}

/// nginx with this in its `server`.
fn nginx(block: &str) -> Proxy {
    let server = format!("server {{\nlisten LISTEN;\n{block}}}\n");
    nginx_with(&format!("http {{\naccess_log off;\nPATHS{server}}}\n"))
}

fn nginx_with(text: &str) -> Proxy {
    run(|address, folder| {
        let at = folder.display();
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let paths = paths.map(|path| format!("{path}_temp_path {at}/{path};\n")).concat();
        let text = text.replace("LISTEN", &address.to_string()).replace("PATHS", &paths);
        let text = format!("daemon off;\nmaster_process off;\npid {at}/pid;\n{text}events {{}}\n");
        let mut command = Command::new(program("nginx"));
        command.arg("-e").arg("stderr").arg("-p").arg(folder).arg("-c").arg(folder.join("config"));
        (text, command)
    })
}

fn caddy(text: &str) -> Proxy {
    run(|address, folder| {
        let site = format!("http://{NAME}:{}", address.port());
        let text = format!(
            "{{\n  admin off\n  auto_https off\n}}\n{}",
            text.replace("example.org", &site)
        );
        let mut command = Command::new(program("caddy"));
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("config"));
        (text, command)
    })
}

fn haproxy(text: &str) -> Proxy {
    run(|address, folder| {
        // Its checks come often, so that one that fails is noticed. Without `timeout check`, one that
        // takes longer than `inter` would fail too.
        let defaults = "defaults\n    timeout connect 5s\n    timeout client 60s\n    \
                        timeout server 60s\n    timeout check 60s\n    \
                        default-server inter 100ms fall 1\n";
        let text = text.replace("bind :80", &format!("bind {address}"));
        let mut command = Command::new(program("haproxy"));
        command.arg("-db").arg("-f").arg(folder.join("config"));
        (format!("{defaults}{text}"), command)
    })
}

/// A host that answers to the proxy's name, has a page, and knows the proxy.
fn host(more: &str) -> (Server, SocketAddr, tempfile::TempDir) {
    host_of(guest("events"), more)
}

/// The same for another actor of this name.
fn host_of(actor: Actor, more: &str) -> (Server, SocketAddr, tempfile::TempDir) {
    let page = tempfile::tempdir().unwrap();
    fs::create_dir(page.path().join("sub")).unwrap();
    fs::write(page.path().join("sub/index.html"), "the page").unwrap();
    let config = format!(
        "origins = [\"self\"]\nnames = [{NAME:?}]\ntrusted_proxies = [\"127.0.0.1\"]\n\
         static = {:?}\n{more}",
        page.path()
    );
    let server = Server::of(actor.config(&config));
    let address = server.address("events");
    (server, address, page)
}

/// A client of the proxy.
fn client(proxy: &Proxy) -> Raw {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&format!("{CLIENT}:0").parse::<SocketAddr>().unwrap().into()).unwrap();
    socket.connect(&proxy.address.into()).unwrap();
    Raw::of(socket.into())
}

/// The head of the answer to a request for this path, and the client after it.
fn ask(proxy: &Proxy, path: &str, fields: &str) -> (String, Raw) {
    let mut client = client(proxy);
    let port = proxy.address.port();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {NAME}:{port}\r\n{fields}\r\n");
    client.send(head.as_bytes());
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(client.read(1));
    }
    (String::from_utf8(head).unwrap(), client)
}

/// A page of the proxy's origin connects beneath the prefix. The actor sees its address.
fn serves(proxy: &Proxy, prefix: &str) {
    let text = |frame: (u8, Vec<u8>)| String::from_utf8(frame.1).unwrap();
    let port = proxy.address.port();
    for path in ["/ws", "/"] {
        let fields = format!(
            "Origin: http://{NAME}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        let (head, mut client) = ask(proxy, &format!("{prefix}{path}"), &fields);
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(text(client.frame()).starts_with("state:"));
        client.text("do sender");
        let sender = text(client.frame());
        client.text(&format!("do info {}", sender.rsplit(' ').next().unwrap()));
        let info = text(client.frame());
        assert!(info.contains(&format!("peer={CLIENT}:")), "{info}");
        let fields = fields.replace(&format!("http://{NAME}"), "http://evil.example");
        let (head, _) = ask(proxy, &format!("{prefix}{path}"), &fields);
        assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    }
    let (head, _) = ask(proxy, &format!("{prefix}/sub?x=1"), "");
    let location = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("location").then_some(value)
    });
    // A browser follows it from the path that it asked for.
    assert!(matches!(location, Some("sub/?x=1" | "./sub/?x=1")), "{head}");
    let (head, _) = ask(proxy, &format!("{prefix}/sub/?x=1"), "");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

#[test]
fn nginx_serves_a_host_as_the_document_says_also_beneath_a_prefix() {
    if !installed("nginx", "-v") {
        return;
    }
    let (_server, address, _page) = host("");
    let block = block("nginx", 0, address);
    let prefixed = beneath_prefix(&block, address);
    for (block, prefix) in [(block, ""), (prefixed, "/lamp")] {
        let proxy = nginx(&block);
        serves(&proxy, prefix);
    }
}

#[test]
fn the_console_page_beneath_a_prefix_finds_its_socket() {
    let mut browser = python();
    browser.arg(format!("{SCRIPTS}/chromium.py"));
    let has_browser =
        available("Chromium, or Python's websockets,", browser, "FOOTLIGHT_REQUIRE_BROWSER");
    if !installed("nginx", "-v") || !has_browser {
        return;
    }
    for page in ["/lamp/", "/lamp/console"] {
        let (_server, address, _page) = host("");
        let proxy = nginx(&beneath_prefix(&block("nginx", 0, address), address));
        let url = format!("http://{}{page}", proxy.address);
        let script = format!("{SCRIPTS}/console_client.py");
        let output = python().arg(script).arg(url).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{page}: {}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn caddy_serves_a_host_as_the_document_says_also_beneath_a_prefix() {
    if !installed("caddy", "version") {
        return;
    }
    let (_server, address, _page) = host("");
    for (index, prefix) in [(0, ""), (1, "/lamp")] {
        serves(&caddy(&block("caddy", index, address)), prefix);
    }
    // Its health check.
    let block = block("caddy", 0, address);
    let checked = block.replace(
        &format!("reverse_proxy {address}"),
        &format!("reverse_proxy {address} {{\nhealth_uri /healthz\nhealth_interval 20ms\n}}"),
    );
    assert_ne!(block, checked);
    serves(&caddy(&checked), "");
}

#[test]
fn haproxy_serves_a_host_as_the_document_says_with_each_of_its_checks() {
    if !installed("haproxy", "-v") {
        return;
    }
    let (default, health) = ("option httpchk\n", "option httpchk GET /healthz\n");
    let (plain, http) = (|| guest("events"), || guest("events").http());
    for (check, actor) in [(default, plain()), (health, plain()), (default, http())] {
        let (server, address, _page) = host_of(actor, "");
        let proxy = haproxy(&block("haproxy", 0, address).replace("option httpchk\n", check));
        checked(&server);
        serves(&proxy, "");
        let prefix = "http-request replace-path /lamp(/.*) \\1";
        let document = include_str!("../../docs/deploy.md");
        assert!(document.contains(&format!("`{prefix}`")));
        let forward = format!("option forwardfor\n    {prefix}\n");
        let block = block("haproxy", 0, address).replace("option forwardfor\n", &forward);
        serves(&haproxy(&block), "/lamp");
    }
}

/// Waits until a proxy has checked the host several times. If a check had failed, the proxy would
/// answer clients with 503.
fn checked(server: &Server) {
    eventually("the proxy has checked the host", || {
        let mut connection = Connection::open(server);
        let metrics = connection.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
        let metrics = String::from_utf8(metrics).unwrap();
        let pages = metrics.lines().find_map(|line| line.strip_prefix("footlight_pages_total{"));
        pages.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0) > 8
    });
}

#[test]
fn proxies_that_pass_bytes_on_tell_the_client_by_the_proxy_protocol() {
    if !installed("haproxy", "-v") || !installed("nginx", "-v") {
        return;
    }
    let (_server, address, _page) = host("proxy_protocol = true");
    for send in ["send-proxy", "send-proxy-v2"] {
        let text = block("haproxy", 0, address).replace(" check\n", &format!(" check {send}\n"));
        assert!(text.contains(send));
        serves(
            &haproxy(&text.replace("mode http", "mode tcp").replace("option forwardfor", "")),
            "",
        );
    }
    let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    let load =
        if Path::new(module).exists() { format!("load_module {module};\n") } else { String::new() };
    let stream = format!(
        "stream {{\nserver {{\nlisten LISTEN;\nproxy_pass {address};\nproxy_protocol on;\n}}\n}}\n"
    );
    serves(&nginx_with(&format!("{load}{stream}")), "");
}
