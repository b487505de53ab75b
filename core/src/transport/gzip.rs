//! Compressing and inflating bodies, with a bound on what may come out.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::TransportError;
use super::exchange::Body;

/// The body as it should be sent.
pub(super) fn compress(body: Vec<u8>) -> Body {
    match yorisoi_protocol::gzip::shorter(&body) {
        Some(bytes) => Body { bytes, gzip: true },
        None => Body { bytes: body, gzip: false },
    }
}

/// The body inside, if it is whole and no larger than `most` bytes.
pub(super) fn inflate(gzip: &[u8], most: usize) -> Result<Vec<u8>, TransportError> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut body = Vec::new();
    let read = MultiGzDecoder::new(gzip).take(limit).read_to_end(&mut body);
    read.map_err(|_| TransportError::Interrupted)?;
    if body.len() > most {
        return Err(TransportError::TooLarge);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_whole_or_not_at_all() {
        let body = "体温".repeat(500).into_bytes();
        let Body { bytes: gzip, gzip: compressed } = compress(body.clone());
        assert!(compressed && gzip.len() < body.len());
        assert_eq!(inflate(&gzip, body.len()), Ok(body.clone()));
        assert_eq!(inflate(&gzip, body.len() - 1), Err(TransportError::TooLarge));
        for cut in 0..gzip.len() {
            assert_eq!(inflate(&gzip[..cut], body.len()), Err(TransportError::Interrupted), "{cut}");
        }
        let Body { bytes, gzip } = compress(vec![1; 10]);
        assert_eq!((bytes, gzip), (vec![1; 10], false));
    }
}
