//! When this server registers, and that it does so once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::renewal::{Office, Renewal};
use super::*;

/// Long enough for a busy machine.
const SOON: Duration = Duration::from_secs(20);

async fn office(provider: &Provider, path: &Path) -> Office {
    Office::new(registrar(provider).await, Some(store(path).await))
}

async fn opened(office: &Office) -> (Clients, Renewal) {
    office.open().await.unwrap()
}

/// Runs until it is dropped.
struct Running(CancellationToken);

impl Running {
    fn of(renewal: Renewal) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(renewal.run(stop.clone()));
        Self(stop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, wait).await.expect(what);
}

#[tokio::test]
async fn it_registers_at_the_first_start_and_not_at_the_second() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    let (first, _) = opened(&office(&provider, parent.path()).await).await;
    let (second, _) = opened(&office(&provider, parent.path()).await).await;
    assert_eq!(first.current().id, second.current().id);
    assert_eq!(
        second.current().secret.expose_secret(),
        first.current().secret.expose_secret()
    );
    assert_eq!(provider.registrations(), 1);
}

#[tokio::test]
async fn without_a_disk_it_registers_at_every_start() {
    let provider = Provider::start().await;
    for start in 1..=2 {
        let office = Office::new(registrar(&provider).await, None);
        let (clients, _) = opened(&office).await;
        assert!(clients.is_ours(&clients.current().id));
        assert_eq!(provider.registrations(), start);
    }
}

#[tokio::test]
async fn a_stored_registration_that_nextcloud_forgot_is_replaced_at_start() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    let (first, _) = opened(&office(&provider, parent.path()).await).await;
    provider.forget_all();
    let (second, _) = opened(&office(&provider, parent.path()).await).await;
    assert_ne!(first.current().id, second.current().id);
    assert_eq!(provider.clients(), [second.current().id]);
}

#[tokio::test]
async fn a_nextcloud_that_does_not_say_costs_no_registration() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    let (first, _) = opened(&office(&provider, parent.path()).await).await;
    provider.look.store(503, Ordering::Relaxed);
    let (second, _) = opened(&office(&provider, parent.path()).await).await;
    assert_eq!(first.current().id, second.current().id);
}

#[tokio::test]
async fn many_that_start_at_once_on_one_database_register_once() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    *provider.delay.lock().unwrap() = Duration::from_millis(300);
    let starts = (0..6).map(|_| async {
        let office = office(&provider, parent.path()).await;
        opened(&office).await.0.current().id
    });
    let ids = timeout(SOON, futures_util::future::join_all(starts)).await;
    let ids = ids.unwrap();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(provider.registrations(), 1);
}

#[tokio::test]
async fn it_renews_before_the_end_and_keeps_the_old_one_for_its_grants() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    provider.life.store(6, Ordering::Relaxed);
    let (clients, renewal) = opened(&office(&provider, parent.path()).await).await;
    let old = clients.current().id;
    provider.life.store(3600, Ordering::Relaxed);
    let _running = Running::of(renewal);
    until("it renews", || clients.current().id != old).await;
    let kept = clients.of_grant(&old);
    assert!(kept.is_some(), "its grants go on");
    assert!(clients.of_grant(&clients.current().id).is_some());
    until("the old one ends", || clients.of_grant(&old).is_none()).await;
    assert!(clients.is_ours(&old), "but it is remembered");
    assert_eq!(provider.clients().len(), 2, "nothing was deleted");
}

#[tokio::test]
async fn two_that_run_on_one_database_renew_once_and_know_each_others_clients() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    provider.life.store(4, Ordering::Relaxed);
    *provider.delay.lock().unwrap() = Duration::from_millis(200);
    let (one, one_renews) = opened(&office(&provider, parent.path()).await).await;
    let (two, two_renews) = opened(&office(&provider, parent.path()).await).await;
    let old = one.current().id;
    provider.life.store(3600, Ordering::Relaxed);
    let _running = [Running::of(one_renews), Running::of(two_renews)];
    until("both renew", || {
        one.current().id != old && two.current().id != old
    })
    .await;
    assert_eq!(one.current().id, two.current().id);
    assert_eq!(provider.registrations(), 2);
    assert!(one.is_ours(&old) && two.is_ours(&old));
}

#[tokio::test]
async fn a_client_that_nextcloud_does_not_know_is_replaced_at_once_and_then_not_again() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    let (clients, renewal) = opened(&office(&provider, parent.path()).await).await;
    let old = clients.current().id;
    let _running = Running::of(renewal);
    clients.report_unknown("somebody-else");
    provider.forget_all();
    clients.report_unknown(&old);
    until("it registers anew", || clients.current().id != old).await;
    let new = clients.current().id;
    assert_eq!(provider.registrations(), 2);
    for _ in 0..20 {
        clients.report_unknown(&new);
        clients.report_unknown(&old);
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(provider.registrations(), 2, "a minute must pass");
    assert_eq!(clients.current().id, new);
}

#[tokio::test]
async fn a_refusal_leaves_the_lease_to_the_others() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    *provider.refusal.lock().unwrap() = Some((429, String::new()));
    let (one, two) = (
        office(&provider, parent.path()).await,
        office(&provider, parent.path()).await,
    );
    assert!(one.open().await.is_err());
    *provider.refusal.lock().unwrap() = None;
    let opened = timeout(Duration::from_secs(5), two.open()).await;
    assert!(opened.is_ok_and(|opened| opened.is_ok()));
}

#[tokio::test]
async fn who_is_told_to_stop_in_the_middle_leaves_the_lease_to_the_others() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    *provider.delay.lock().unwrap() = Duration::from_secs(5);
    let (one, two) = (
        office(&provider, parent.path()).await,
        office(&provider, parent.path()).await,
    );
    assert!(
        timeout(Duration::from_millis(500), one.open())
            .await
            .is_err()
    );
    one.close().await;
    *provider.delay.lock().unwrap() = Duration::ZERO;
    let opened = timeout(Duration::from_secs(4), two.open()).await;
    assert!(opened.is_ok_and(|opened| opened.is_ok()));
}

#[tokio::test]
async fn a_database_that_is_lost_while_running_loses_no_client() {
    let (provider, parent) = (Provider::start().await, tempfile::tempdir().unwrap());
    provider.life.store(6, Ordering::Relaxed);
    let (clients, renewal) = opened(&office(&provider, parent.path()).await).await;
    let old = clients.current().id;
    // Nothing can be opened in its place.
    let path = parent.path().join("data/oauth.sqlite3");
    for end in ["", "-wal"] {
        let file = path.with_file_name(format!("oauth.sqlite3{end}"));
        std::fs::write(file, vec![0xff; 8192]).unwrap();
    }
    std::fs::remove_file(parent.path().join("data/oauth.lock")).unwrap();
    std::fs::create_dir(parent.path().join("data/oauth.lock")).unwrap();
    provider.life.store(3600, Ordering::Relaxed);
    let _running = Running::of(renewal);
    until("it renews in memory", || clients.current().id != old).await;
    assert!(clients.of_grant(&old).is_some());
}
