//! A real etcd on loopback, of one member or three. `locum-testbed` lends it to the tests of the daemon.

use std::{
    env, fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU8, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustix::process::{Pid, Signal, kill_process};

/// How long a cluster may take to have a leader, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A cluster. Dropped, its members are killed.
pub struct EtcdCluster {
    members: Vec<Member>,
    tls: bool,
    /// The members' data and, with TLS, `ca.pem`, `server.pem`, `server.key`, `client.pem` and `client.key`.
    folder: tempfile::TempDir,
}

struct Member {
    client: SocketAddrV4,
    peer: SocketAddrV4,
    /// Where it tells how it is, to anybody and without TLS.
    health: SocketAddrV4,
    child: Option<Child>,
}

impl EtcdCluster {
    /// A cluster of this many members, up and with a leader. `None`, and a loud word, where this machine has no etcd.
    ///
    /// # Panics
    /// It does not start, or there is none although this is the CI.
    pub fn start(members: usize) -> Option<EtcdCluster> {
        EtcdCluster::launch(members, false)
    }

    /// As [`EtcdCluster::start`]; clients speak TLS, and show a certificate of the same authority.
    ///
    /// # Panics
    /// As there.
    pub fn start_with_tls(members: usize) -> Option<EtcdCluster> {
        EtcdCluster::launch(members, true)
    }

    fn launch(members: usize, tls: bool) -> Option<EtcdCluster> {
        if !installed() {
            let advice = "SKIPPED: no etcd on the path, so that nothing of the witness is tested; run `cargo xtask setup`\
                          \x20as root, or install Debian's `etcd-server`\n";
            assert!(env::var_os("CI").is_none(), "{advice}");
            // Past the test runner, which shows what is printed by failing tests only.
            io::stderr().write_all(advice.as_bytes()).unwrap();
            return None;
        }
        static NETWORKS: AtomicU8 = AtomicU8::new(1);
        let network = [192 + (process::id() % 60) as u8, NETWORKS.fetch_add(1, Relaxed)];
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let member = |place: usize| {
            let address = Ipv4Addr::new(127, network[0], network[1], 1 + place as u8);
            let [client, peer, health] = free_ports(address);
            Member { client, peer, health, child: None }
        };
        let mut cluster = EtcdCluster { members: (0..members).map(member).collect(), tls, folder };
        if tls {
            cluster.make_certificates();
        }
        for place in 0..members {
            cluster.restart(place);
        }
        cluster.until_it_has_a_leader();
        Some(cluster)
    }

    /// Where the members are, each `host:port`.
    pub fn addresses(&self) -> Vec<String> {
        self.members.iter().map(|member| member.client.to_string()).collect()
    }

    /// One of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Which member is the leader.
    ///
    /// # Panics
    /// None is, for too long.
    pub fn leader(&self) -> usize {
        until("a leader", || {
            (0..self.members.len()).find(|place| self.told(*place, "/metrics").contains("\netcd_server_is_leader 1"))
        })
    }

    /// Ends a member with SIGKILL.
    pub fn kill(&mut self, place: usize) {
        if let Some(mut child) = self.members[place].child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Ends all of them with SIGKILL.
    pub fn stop(&mut self) {
        (0..self.members.len()).for_each(|place| self.kill(place));
    }

    /// Starts a member that was killed, with the data that it has.
    pub fn restart(&mut self, place: usize) {
        self.kill(place);
        let log = fs::File::options().create(true).append(true).open(self.file(&format!("m{place}.log"))).unwrap();
        let mut command = self.command(place);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.members[place].child = Some(command.spawn().unwrap());
    }

    /// Stops a member with SIGSTOP: its connections stay, and nothing comes back.
    pub fn pause(&self, place: usize) {
        self.signal(place, Signal::STOP);
    }

    /// Lets it go on.
    pub fn go_on(&self, place: usize) {
        self.signal(place, Signal::CONT);
    }

    /// Waits until every member that runs can reach the leader.
    ///
    /// # Panics
    /// One cannot, for too long.
    pub fn until_it_has_a_leader(&self) {
        for place in (0..self.members.len()).filter(|place| self.members[*place].child.is_some()) {
            until("health", || self.told(place, "/health").contains("\"true\"").then_some(()));
        }
    }

    fn signal(&self, place: usize, signal: Signal) {
        let child = self.members[place].child.as_ref().unwrap();
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    fn command(&self, place: usize) -> Command {
        let scheme = if self.tls { "https" } else { "http" };
        let member = &self.members[place];
        let all = self.members.iter().enumerate().map(|(place, member)| format!("m{place}=http://{}", member.peer));
        let mut command = Command::new("etcd");
        // What a person has set for etcd is not for this one.
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).env("ETCD_UNSUPPORTED_ARCH", "arm64");
        command
            .args(["--name", &format!("m{place}")])
            .args(["--data-dir", &self.file(&format!("m{place}")).display().to_string()])
            .args(["--listen-client-urls", &format!("{scheme}://{}", member.client)])
            .args(["--advertise-client-urls", &format!("{scheme}://{}", member.client)])
            .args(["--listen-peer-urls", &format!("http://{}", member.peer)])
            .args(["--initial-advertise-peer-urls", &format!("http://{}", member.peer)])
            .args(["--listen-metrics-urls", &format!("http://{}", member.health)])
            .args(["--initial-cluster", &all.collect::<Vec<_>>().join(",")])
            .args(["--heartbeat-interval", "50", "--election-timeout", "500"])
            // Passwords of tests are no secrets.
            .args(["--bcrypt-cost", "4", "--logger", "zap", "--log-level", "warn"]);
        if self.tls {
            for (option, file) in [("cert", "server.pem"), ("key", "server.key"), ("trusted-ca", "ca.pem")] {
                command.args([&format!("--{option}-file"), &self.file(file).display().to_string()]);
            }
            command.arg("--client-cert-auth");
        }
        command
    }

    /// What a member answers to a GET; nothing if it does not.
    fn told(&self, place: usize, path: &str) -> String {
        let ask = || -> io::Result<String> {
            let mut stream = TcpStream::connect_timeout(&self.members[place].health.into(), Duration::from_secs(1))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().unwrap_or_default()
    }

    fn make_certificates(&self) {
        let key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        fs::write(self.file("ca.pem"), ca.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::new(ca, key);
        let addresses: Vec<String> = self.members.iter().map(|member| member.client.ip().to_string()).collect();
        let both = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        for (name, addresses) in [("server", addresses), ("client", Vec::new())] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(addresses).unwrap();
            // etcd takes the common name of a client for a user; this one has none.
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.extended_key_usages.clone_from(&both);
            fs::write(self.file(&format!("{name}.pem")), params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
            fs::write(self.file(&format!("{name}.key")), key.serialize_pem()).unwrap();
        }
    }
}

impl Drop for EtcdCluster {
    fn drop(&mut self) {
        self.stop();
    }
}

fn installed() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join("etcd").is_file())
}

fn free_ports(address: Ipv4Addr) -> [SocketAddrV4; 3] {
    let listeners = [0; 3].map(|port| TcpListener::bind(SocketAddrV4::new(address, port)).unwrap());
    listeners.map(|listener| SocketAddrV4::new(address, listener.local_addr().unwrap().port()))
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "etcd: no {what} within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
