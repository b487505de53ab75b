//! The QR code of a ticket: an address in three segments, at level M, with nothing decided by the content but its size.
//!
//! `HTTPS://<host>/E`, `#` and the ticket in base32 (RFC 4648, no padding). `#` is not in the alphanumeric set of a QR
//! code, so it stands in a byte segment of its own between two alphanumeric ones. What follows `#` is never sent to a
//! web server.

use data_encoding::BASE32_NOPAD;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use super::sheet::{Area, Mark};
use super::{PrintError, TicketHost};

/// Light modules that must surround a symbol (ISO/IEC 18004, 9.1).
pub(super) const QUIET_MODULES: f32 = 4.0;
/// The smallest module that an office printer and an old camera can be trusted with, in millimetres.
const MODULE_MIN: f32 = 0.5;

/// A drawn symbol.
pub(super) struct Symbol(QrCode);

impl Symbol {
    /// The symbol of this ticket.
    pub(super) fn new(host: &TicketHost, ticket: &[u8]) -> Result<Self, PrintError> {
        let address = format!("HTTPS://{}/E", host.as_str());
        let segments = [
            QrSegment::make_alphanumeric(&address),
            QrSegment::make_bytes(b"#"),
            QrSegment::make_alphanumeric(&BASE32_NOPAD.encode(ticket)),
        ];
        QrCode::encode_segments_advanced(
            &segments,
            QrCodeEcc::Medium,
            Version::MIN,
            Version::MAX,
            None,
            false,
        )
        .map(Self)
        .map_err(|_| PrintError::TicketTooLong)
    }

    /// The dark modules in a square `area` that holds the quiet zone too.
    pub(super) fn set(&self, area: Area) -> Result<Mark, PrintError> {
        let modules = self.0.size();
        let module = area.width / (modules as f32 + 2.0 * QUIET_MODULES);
        if module < MODULE_MIN {
            return Err(PrintError::TicketTooLong);
        }
        let quiet = module * QUIET_MODULES;
        let mut dark = Vec::new();
        for row in 0..modules {
            let mut column = 0;
            while column < modules {
                let length = (column..modules).take_while(|at| self.0.get_module(*at, row)).count();
                if length > 0 {
                    dark.push(Area {
                        left: area.left + quiet + module * column as f32,
                        top: area.top + quiet + module * row as f32,
                        width: module * length as f32,
                        height: module,
                    });
                }
                column += length.max(1) as i32;
            }
        }
        Ok(Mark::Symbol { area, module, dark })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(host: &str, bytes: usize) -> Symbol {
        Symbol::new(&TicketHost::parse(host).unwrap(), &vec![0xA5; bytes]).unwrap()
    }

    #[test]
    fn a_ticket_of_129_bytes_is_a_symbol_of_version_9_at_level_m() {
        let code = symbol("soudan.example.jp", 129).0;
        assert_eq!(code.version().value(), 9);
        assert!(code.error_correction_level() == QrCodeEcc::Medium);
    }

    #[test]
    fn the_level_is_not_raised_where_there_is_room() {
        assert!(symbol("a.jp", 1).0.error_correction_level() == QrCodeEcc::Medium);
    }

    #[test]
    fn modules_too_small_to_scan_are_refused() {
        let area = Area { left: 0.0, top: 0.0, width: 44.0, height: 44.0 };
        assert!(symbol("soudan.example.jp", 160).set(area).is_ok());
        assert_eq!(symbol("a.jp", 400).set(area).err(), Some(PrintError::TicketTooLong));
        let huge = Symbol::new(&TicketHost::parse("a.jp").unwrap(), &[0; 5000]);
        assert_eq!(huge.err(), Some(PrintError::TicketTooLong));
    }

    #[test]
    fn the_dark_areas_are_the_modules_of_the_code() {
        let symbol = symbol("soudan.example.jp", 129);
        let area = Area { left: 10.0, top: 20.0, width: 61.0, height: 61.0 };
        let Mark::Symbol { module, dark, .. } = symbol.set(area).unwrap() else { unreachable!() };
        assert!((module - 1.0).abs() < 1e-6);
        for row in 0..53 {
            for column in 0..53 {
                let (x, y) = (14.5 + column as f32, 24.5 + row as f32);
                let inside = |a: &Area| a.left < x && x < a.right() && a.top < y && y < a.bottom();
                assert_eq!(dark.iter().filter(|a| inside(a)).count() == 1, symbol.0.get_module(column, row));
            }
        }
    }
}
