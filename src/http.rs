//! The one HTTP client: with the one TLS library that everything here uses, the roots that the settings name, and nothing that
//! the environment says.

use std::sync::Arc;
use std::time::Duration;

use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

/// A client that waits for a whole answer no longer than `timeout`. For https no other roots count than these.
#[must_use]
pub fn client(roots: &[Vec<u8>], timeout: Duration) -> ConfigBuilder<AgentScope> {
    let roots: Vec<_> = roots.iter().map(|der| ureq::tls::Certificate::from_der(der).to_owned()).collect();
    let tls = ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // Which way a request takes is for the settings to say, not for the environment.
        .proxy(None)
        .user_agent("torikomi")
        // Shorter than any server keeps a connection, so that none is found closed.
        .max_idle_age(Duration::from_secs(2))
}
