//! The emulator of AWS on which a scenario runs: the embedded endpoint, or `LocalStack`.
//!
//! **Invariant:** a scenario is one function, and does not know which; where there is no `LocalStack`, its twin says so.

use std::io::Write;
use std::path::Path;

use crate::clients::Endpoint;
use crate::harness::{Env, Process};

/// Where `LocalStack` is, for these tests; `infra/localstack/test.sh` sets it.
const LOCALSTACK: &str = "ENSEMBLE_TEST_LOCALSTACK";

/// An endpoint for one scenario.
pub(crate) enum Emulator {
    /// An embedded one, which starts and ends with the scenario.
    Embedded,
    /// One that others use too: what belongs to the scenario has this prefix. It is left there, in the memory of a
    /// process that `test.sh` ends: to delete it would prove nothing, and take longer than some scenarios.
    LocalStack { url: String, prefix: String },
}

impl Emulator {
    /// `LocalStack`, under a prefix that nobody else has.
    #[expect(clippy::disallowed_methods, reason = "no setting of the product, but of this test")]
    pub(crate) fn localstack(scenario: &str) -> Option<Self> {
        let Ok(url) = std::env::var(LOCALSTACK) else {
            // Past the capture of the test harness, which would show it only if the test failed.
            let skipped = format!("SKIPPED on LocalStack: {scenario}: run infra/localstack/test.sh\n");
            std::io::stderr().write_all(skipped.as_bytes()).unwrap();
            return None;
        };
        Some(Self::LocalStack { url, prefix: format!("t-{:08x}", fastrand::u32(..)) })
    }

    /// A client of it; and, if it is an embedded one, the process of it, which writes into this folder.
    pub(crate) async fn endpoint(self, folder: &Path) -> (Option<Process>, Endpoint) {
        match self {
            Self::Embedded => {
                let mut process = Process::start(folder, "local", &["local", "--port", "0"], &Env::new());
                let endpoint = Endpoint::at(process.url_after("DynamoDB on").await);
                (Some(process), endpoint)
            }
            Self::LocalStack { url, prefix } => (None, Endpoint::at(url).under(prefix)),
        }
    }
}

/// Makes two tests of each scenario: `embedded::<name>`, and `localstack::<name>`.
macro_rules! on_both_endpoints {
    ($($scenario:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test]
            async fn $scenario() {
                Box::pin(super::$scenario($crate::emulator::Emulator::Embedded)).await;
            })+
        }

        mod localstack {
            $(#[tokio::test]
            async fn $scenario() {
                if let Some(emulator) = $crate::emulator::Emulator::localstack(stringify!($scenario)) {
                    Box::pin(super::$scenario(emulator)).await;
                }
            })+
        }
    };
}
pub(crate) use on_both_endpoints;
