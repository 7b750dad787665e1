//! A payment gateway beyond this machine: over TLS, or not at all.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::emulator::Emulator;
use crate::harness::wait_for;
use crate::service_processes::ServiceProcesses;

/// Takes TLS off, and passes on to what listens in the clear; answers with its URL and its certificate.
#[expect(clippy::disallowed_methods, reason = "the task ends with the test")]
async fn tls_before(plain: &str) -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
    let (acceptor, listener) =
        (TlsAcceptor::from(Arc::new(config)), TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let plain = plain.strip_prefix("http://").unwrap().to_owned();
    tokio::spawn(async move {
        loop {
            let (incoming, _) = listener.accept().await.unwrap();
            let (acceptor, plain) = (acceptor.clone(), plain.clone());
            tokio::spawn(async move {
                // Whoever does not trust the certificate hangs up.
                let Ok(mut incoming) = acceptor.accept(incoming).await else { return };
                let mut outgoing = TcpStream::connect(plain).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut incoming, &mut outgoing).await);
            });
        }
    });
    (url, cert.pem())
}

#[tokio::test]
async fn cards_travel_over_tls_and_to_nobody_who_is_not_trusted() {
    let mut services = ServiceProcesses::at(Emulator::Embedded, &[]).await;
    let (url, certificate) = tls_before(&services.gateway.url).await;
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certificate).unwrap();

    let live = [("ENSEMBLE_GATEWAY_URL", url.as_str()), ("ENSEMBLE_GATEWAY_MODE", "live"), ("ENSEMBLE_HOOKS", "off")];
    services.run("others", &["booking", "fulfillment", "notifier"], &[]);
    services.run("payment", &["payment"], &live);
    let saga = services.fare("over TLS", "3").await;
    let stuck = wait_for("an outage", async || services.logged("payment", "MessageStuck").pop()).await;
    assert!(stuck["why"].as_str().unwrap().contains("payment gateway"), "{stuck}");
    services.stop("payment").await;
    assert_eq!(services.gateway.totals().await.calls, 0, "what is not trusted is told nothing");

    let trust = [("SSL_CERT_FILE", trusted.to_str().unwrap())];
    services.run("payment", &["payment"], &[&live[..], &trust].concat());
    let told = services.told(&saga, 1).await;
    assert_eq!(told[0]["outcome"], "completed");
    let ledger = services.gateway.ledger(&saga).await;
    assert_eq!([ledger.authorized, ledger.captured], [1, 1]);
}
