//! A sync with nothing new: requests and bytes of HTTP both ways, counted at a proxy on the wire.

use yorisoi_protocol::question::{Service, Subject};
use yorisoi_sandbox::rig::{Rig, RigError};

use crate::row;

const REQUESTS: f64 = 1.0;
const BYTES: f64 = 450.0;

pub(crate) async fn run() -> Result<(), RigError> {
    let rig = Rig::start().await?;
    let phone = rig.enrolled("phone").await?;
    // A stream of some length, so that the cursor is not of one digit.
    for _ in 0..120 {
        phone.ask(Service::Pediatrics, Subject::Parent, "質問です")?;
    }
    phone.sync().await?;
    let before = rig.proxy.traffic();
    let report = phone.sync().await?;
    let after = rig.proxy.traffic();
    if report.verified_at.is_none() || report.held != 0 {
        return Err("the second sync had something to do".into());
    }
    let requests = (after.requests - before.requests) as f64;
    let bytes = (after.bytes_up - before.bytes_up + after.bytes_down - before.bytes_down) as f64;
    row::print("nothing_new_requests", &requests.to_string(), "1 (bar)", requests / REQUESTS, 1.0);
    row::print("nothing_new_bytes", &bytes.to_string(), "450 (bar)", bytes / BYTES, 1.0);
    rig.stop().await
}
