//! How much one address and one client may ask for. Requests come from loopback, and through it as a proxy.

use super::*;

/// How many of `times` requests got through to authentication.
async fn admitted(site: &Running, headers: &[(&str, &str)], times: usize) -> usize {
    let mut admitted = 0;
    for _ in 0..times {
        admitted += usize::from(site.post(headers).await != 429);
    }
    admitted
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back_and_may() {
    // One more every 750 ms: longer than the requests before it take.
    let site = Site {
        mcp_rate: 80,
        ..Site::default()
    };
    let site = site.start().await;
    let mut sent = 0;
    let refused = loop {
        let answer = site.send("POST /mcp", &[FRIEND]).await;
        sent += 1;
        if answer.status == 429 {
            break answer;
        }
        assert!(sent < 200, "a minute's worth, and what came back meanwhile");
    };
    assert!(sent > 80);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.is_json(), "{refused:?}");
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some(FRIEND.1)
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(site.post(&[]).await, 401);
}

#[tokio::test]
async fn a_forged_address_from_an_untrusted_peer_has_no_effect() {
    let site = Site {
        mcp_rate: 3,
        ..Site::default()
    };
    let site = site.start().await;
    let mut admitted = 0;
    for number in 0..20 {
        let forged = format!("203.0.113.{number}");
        let forwarded = format!("for={forged}");
        let headers = [("X-Forwarded-For", &*forged), ("Forwarded", &*forwarded)];
        admitted += usize::from(site.post(&headers).await != 429);
    }
    assert_eq!(admitted, 3);
}

#[tokio::test]
async fn behind_trusted_proxies_each_client_has_a_budget_of_its_own() {
    let site = Site {
        mcp_rate: 3,
        trusted: &["127.0.0.1/32", "10.0.0.0/8"],
        ..Site::default()
    };
    let site = site.start().await;
    let from = |text: &'static str| [("X-Forwarded-For", text)];
    assert_eq!(admitted(&site, &from("203.0.113.1"), 20).await, 3);
    assert_eq!(
        admitted(&site, &from("203.0.113.1, 10.1.2.3"), 5).await,
        0,
        "the same, by two proxies"
    );
    assert_eq!(
        admitted(&site, &from("203.0.113.77, 203.0.113.1"), 5).await,
        0,
        "what a client wrote itself stands further left"
    );
    assert_eq!(admitted(&site, &from("203.0.113.2"), 20).await, 3);
    assert_eq!(admitted(&site, &from("2001:db8::1"), 20).await, 3);
    assert_eq!(
        admitted(&site, &from("2001:db8::ffff:2"), 5).await,
        0,
        "another address of the same /64"
    );
    assert_eq!(admitted(&site, &from("2001:db8:0:1::1"), 20).await, 3);
}

#[tokio::test]
async fn guesses_end_before_the_right_one_and_harm_nobody_else() {
    let site = Site {
        mcp_rate: 80,
        trusted: &["127.0.0.1/32"],
        ..Site::default()
    };
    let site = site.start().await;
    let from = ("X-Forwarded-For", "203.0.113.1");
    let wrong = ("Authorization", "Bearer 0123456789abcdeF");
    assert_eq!(admitted(&site, &[from, wrong], 20).await, 2);
    assert_eq!(site.post(&[from, BEARER]).await, 429, "not even looked at");
    assert_eq!(
        site.post(&[from]).await,
        401,
        "but how to sign in is still told"
    );
    let other = ("X-Forwarded-For", "203.0.113.2");
    assert_eq!(site.post(&[other, BEARER]).await, 200);
    assert_eq!(
        admitted(&site, &[other], 50).await,
        50,
        "to send no credential is no guess"
    );
    assert_eq!(site.post(&[other, BEARER]).await, 200);
}

#[tokio::test]
async fn a_caller_has_one_budget_from_wherever_they_call() {
    let site = Site {
        mcp_rate: 3,
        trusted: &["127.0.0.1/32"],
        ..Site::default()
    };
    let site = site.start().await;
    let mut answers = Vec::new();
    for number in 0..10 {
        let address = format!("203.0.113.{number}");
        answers.push(site.post(&[("X-Forwarded-For", &address), BEARER]).await);
    }
    assert_eq!(answers[..3], [200; 3]);
    assert_eq!(answers[3..], [429; 7]);
}
