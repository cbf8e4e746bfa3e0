//! Bytes in the journal beside those that a server counted.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chopmark_sandbox::journal::{NetworkEvent, Stage};

use super::origin::Origin;
use super::world::{SECRET, Setup, World, narrow, near, setup, token};

/// Passes bytes on to a server and counts them.
struct Counted {
    port: u16,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
    ends: Arc<Mutex<Vec<std::thread::JoinHandle<()>>>>,
}

impl Counted {
    fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (up, down): (Arc<AtomicU64>, Arc<AtomicU64>) = Default::default();
        let ends: Arc<Mutex<Vec<_>>> = Arc::default();
        let (to, from, list) = (Arc::clone(&up), Arc::clone(&down), Arc::clone(&ends));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect(server).unwrap();
                let copies = [
                    copy(
                        client.try_clone().unwrap(),
                        server.try_clone().unwrap(),
                        Arc::clone(&to),
                    ),
                    copy(server, client, Arc::clone(&from)),
                ];
                list.lock().unwrap().extend(copies);
            }
        });
        Self {
            port,
            up,
            down,
            ends,
        }
    }

    /// Bytes to the server and from it, when every connection has ended.
    fn total(&self) -> (u64, u64) {
        for end in self.ends.lock().unwrap().drain(..) {
            end.join().unwrap();
        }
        (
            self.up.load(Ordering::SeqCst),
            self.down.load(Ordering::SeqCst),
        )
    }
}

fn copy(
    mut from: TcpStream,
    mut to: TcpStream,
    counter: Arc<AtomicU64>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut part = [0_u8; 4096];
        while let Ok(length @ 1..) = from.read(&mut part) {
            counter.fetch_add(length.try_into().unwrap(), Ordering::SeqCst);
            if to.write_all(part.get(..length).unwrap()).is_err() {
                break;
            }
        }
        drop(to.shutdown(std::net::Shutdown::Write));
    })
}

/// Bytes each way of all connections, as the journal has them.
fn recorded(events: &[NetworkEvent]) -> (u64, u64) {
    let closed = events.iter().filter(|event| event.stage == Stage::Closed);
    closed.fold((0, 0), |(up, down), event| {
        (up + event.bytes_sent, down + event.bytes_received)
    })
}

#[test]
fn bytes_each_way_and_names_are_those_that_the_server_counted() {
    let server = Arc::new(Origin::start());
    for (opened, tls) in [(true, true), (false, true), (true, false)] {
        let counted = Counted::before(if tls { server.tls } else { server.plain });
        let port = counted.port;
        let world = World::start_with(&server, |_| {
            let permission = near("api.test", port);
            Setup {
                secrets: if opened && tls {
                    vec![token("api.test", port)]
                } else {
                    Vec::new()
                },
                ..setup(vec![if opened {
                    narrow(permission)
                } else {
                    permission
                }])
            }
        });
        let scheme = if tls { "https" } else { "http" };
        for path in ["long", "echo"] {
            let fetched = world.curl(&[
                "--http1.1",
                &format!("{scheme}://api.test:{port}/v1/{path}"),
            ]);
            assert_eq!(fetched.status, 200, "{fetched:?}");
        }
        let events = world.stop();
        let (up, down) = recorded(&events);
        let (really_up, really_down) = counted.total();
        assert_eq!(up, really_up, "{opened} {tls}");
        // Where the broker ends the TLS it does not wait for the server's goodbye, an alert of 24
        // bytes on each of two connections.
        let unread = if opened && tls { 48 } else { 0 };
        assert!(
            (really_down - unread..=really_down).contains(&down),
            "{down} {really_down}"
        );
        assert!(up > 100 && down > 100_000, "{up} {down}");
        let mut names: Vec<_> = events
            .iter()
            .map(|event| (event.host.as_str(), event.port, event.sni.as_deref()))
            .collect();
        names.dedup();
        assert_eq!(names, [("api.test", port, tls.then_some("api.test"))]);
    }
    assert!(server.seen().concat().contains(SECRET));
}

#[test]
fn a_tunnel_ends_at_its_bytes_each_way() {
    let server = Arc::new(Origin::start());
    for (up_limit, down_limit) in [(400, u64::MAX), (u64::MAX, 50_000)] {
        let counted = Counted::before(server.tls);
        let mut limits = chopmark_sandbox::broker::Limits::ordinary();
        (limits.request_bytes, limits.response_bytes) = (up_limit, down_limit);
        let world = World::start_with(&server, |_| Setup {
            limits,
            ..setup(vec![near("api.test", counted.port)])
        });
        let url = format!("https://api.test:{}/v1/long", counted.port);
        let cut = world.curl(&["--http1.1", &url]);
        assert!(cut.body.len() < 100_000, "{cut:?}");
        let (up, down) = recorded(&world.stop());
        assert!(
            up <= up_limit && down <= down_limit.saturating_add(64 * 1024),
            "{up} {down}"
        );
        let (really_up, _) = counted.total();
        assert_eq!(up, really_up);
    }
}
